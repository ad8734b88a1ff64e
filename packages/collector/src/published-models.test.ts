import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createPublishedModels } from './published-models.ts';
import { publishDemoModels } from '../../../scripts/demo-registry.mjs';

let folder = '';
let registry = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-published-'));
  registry = join(folder, 'registry');
  await publishDemoModels(registry);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function serve(answer: RequestListener): Promise<{ url: string; requests: string[] }> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

const fromFolder: RequestListener = (request, response) => {
  readFile(join(registry, request.url ?? '')).then(
    (bytes) => response.end(bytes),
    () => response.writeHead(404).end(),
  );
};

function recordErrors() {
  const errors: unknown[][] = [];
  return { errors, logger: { error: (...what: unknown[]) => void errors.push(what) } };
}

test('a published version is found in a folder and at a URL, and read once', async () => {
  const { url, requests } = await serve(fromFolder);
  const { logger } = recordErrors();
  const byUrl = createPublishedModels(url, { logger });
  const [one, same] = await Promise.all([
    byUrl.find('digits', '1.0.0'),
    byUrl.find('digits', '1.0.0'),
  ]);
  expect(one?.reference?.id).toMatch(/^[0-9a-f]{16}$/);
  expect(same).toEqual(one);
  const before = requests.length;
  await byUrl.find('digits', '1.0.0');
  expect(requests).toHaveLength(before);
  expect(await createPublishedModels(registry, { logger }).find('digits', '1.0.0')).toEqual(one);
});

test('a host that answers 403 for absent files is read like one that answers 404', async () => {
  const { url } = await serve((request, response) => {
    readFile(join(registry, request.url ?? '')).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(403).end(),
    );
  });
  const { errors, logger } = recordErrors();
  expect(
    (await createPublishedModels(url, { logger }).find('digits', '1.0.0'))?.reference?.id,
  ).toMatch(/^[0-9a-f]{16}$/);
  expect(errors).toEqual([]);
});

test('an unpublished version is undefined, or 503 if the registry was read before the request', async () => {
  const { logger } = recordErrors();
  const publishedModels = createPublishedModels(registry, { logger });
  const sinceMs = performance.now();
  expect(await publishedModels.find('digits', '9.9.9', sinceMs)).toBeUndefined();
  await expect(publishedModels.find('digits', '9.9.9', performance.now())).rejects.toMatchObject({
    status: 503,
    code: 'MODEL_NOT_FOUND',
    retryAfterSeconds: 3,
  });
  expect(await publishedModels.find('digits', '9.9.9')).toBeUndefined();
});

test('a registry that never responds times out and is logged once for all requests', async () => {
  const { url } = await serve(() => undefined);
  const { errors, logger } = recordErrors();
  const publishedModels = createPublishedModels(url, { logger, timeoutMs: 50 });
  const asked = await Promise.allSettled(
    Array.from({ length: 20 }, () => publishedModels.find('digits', '1.0.0')),
  );
  for (const one of asked)
    expect(one).toMatchObject({
      status: 'rejected',
      reason: { status: 503, code: 'REGISTRY_UNAVAILABLE' },
    });
  expect(errors).toHaveLength(1);
  expect(errors[0]?.[0]).toContain(url);
});

test('a failing registry is read once, not for every upload', async () => {
  const { url, requests } = await serve((_request, response) => response.writeHead(500).end());
  const publishedModels = createPublishedModels(url, { logger: recordErrors().logger });
  for (let i = 0; i < 20; i += 1)
    await expect(publishedModels.find('digits', '1.0.0')).rejects.toMatchObject({ status: 503 });
  expect(requests).toHaveLength(1);
});

test('a manifest whose digest differs from the metadata is refused', async () => {
  const { url } = await serve((request, response) =>
    request.url?.endsWith('.manifest.json') ? response.end('{}') : fromFolder(request, response),
  );
  const { errors, logger } = recordErrors();
  await expect(
    createPublishedModels(url, { logger }).find('digits', '1.0.0'),
  ).rejects.toMatchObject({
    status: 503,
  });
  expect(String(errors[0]?.[1])).toContain('digest');
});
