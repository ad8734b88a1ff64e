import { expect, test } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { openLab } from '../support/lab.ts';

const MODELS = fileURLToPath(new URL('../models', import.meta.url));
const MODEL = `${MODELS}/two-layers.onnx`;

interface OtherHost {
  readonly url: string;
  readonly seen: {
    readonly method: string;
    readonly path: string;
    readonly key: string | undefined;
  }[];
  close(): void;
}

/** A host on another origin that every page may read. */
async function otherHost(
  answer: (path: string, request: IncomingMessage, response: ServerResponse) => Promise<unknown>,
): Promise<OtherHost> {
  const seen: OtherHost['seen'] = [];
  const server = createServer((request, response) => {
    const { method = '', url: path = '' } = request;
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', 'authorization, x-api-key');
    if (method === 'OPTIONS') return void response.end();
    seen.push({
      method,
      path,
      key: request.headers.authorization ?? (request.headers['x-api-key'] as string | undefined),
    });
    void answer(path, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

test('a model comes by blob:, by data:, without an ending, as text/html and gzipped', async ({
  browser,
}) => {
  const bytes = await readFile(MODEL);
  const host = await otherHost(async (path, _request, response) => {
    response
      .setHeader('content-type', path === '/page' ? 'text/html' : 'application/octet-stream')
      .end(path === '/packed' ? gzipSync(bytes) : bytes);
  });
  const lab = await openLab(browser, { models: MODELS });
  const answers = await lab.page.evaluate(
    async ({ base64, url }) => {
      const blob = URL.createObjectURL(await (await fetch(`data:;base64,${base64}`)).blob());
      const outputs: string[] = [];
      for (const source of [
        '/models/two-layers.onnx',
        blob,
        `data:application/octet-stream;base64,${base64}`,
        `${url}/api/models/42`,
        `${url}/get?file=model.onnx`,
        `${url}/page`,
        `${url}/packed`,
      ]) {
        const model = await globalThis.lab.loadModel(source);
        const { outputs: tensors } = await model.predict(
          Float32Array.from({ length: 64 }, (_, i) => Math.sin(i)),
        );
        outputs.push(JSON.stringify([...(tensors['y']!.data as Float32Array)]));
        await model.dispose();
      }
      return outputs;
    },
    { base64: bytes.toString('base64'), url: host.url },
  );
  expect(answers).toHaveLength(7);
  expect(new Set(answers).size).toBe(1);
  await lab.close();
  host.close();
});

test('a TensorFlow.js model without a telling name is handed to its own worker', async ({
  browser,
}) => {
  const host = await otherHost(async (path, _request, response) =>
    response.end(
      await readFile(
        `${MODELS}/tfjs-net/${path.endsWith('.bin') ? path.split('/').pop() : 'model.json'}`,
      ),
    ),
  );
  const lab = await openLab(browser);
  const engine = await lab.page.evaluate(async (url) => {
    const model = await globalThis.lab.loadModel(`${url}/models/net`);
    const { engine } = model;
    await model.dispose();
    return engine;
  }, host.url);
  expect(engine).toBe('tfjs');
  expect(host.seen.filter(({ path }) => path === '/models/net')).toHaveLength(1);
  await lab.close();
  host.close();
});

test('the app’s own fetch runs on the page, its bytes are counted, and it hears of an abort', async ({
  browser,
}) => {
  const lab = await openLab(browser, { models: MODELS });
  const { asked, loadedBytes, aborted } = await lab.page.evaluate(async () => {
    const asked: string[] = [];
    let loadedBytes = 0;
    const own: typeof fetch = (input) => {
      asked.push(`${String(input)} ${typeof document}`);
      return fetch('/models/two-layers.onnx');
    };
    const model = await globalThis.lab.loadModel('https://tunnel.invalid/net', {
      request: { fetch: own },
      onProgress: (progress) => (loadedBytes = progress.loadedBytes),
    });
    await model.dispose();
    const abort = new AbortController();
    const aborted = new Promise<boolean>((resolve) => {
      const hanging: typeof fetch = (_input, init) => {
        init!.signal!.addEventListener('abort', () => resolve(true));
        abort.abort();
        return new Promise(() => undefined);
      };
      void globalThis.lab
        .loadModel('https://tunnel.invalid/net', {
          request: { fetch: hanging },
          signal: abort.signal,
        })
        .catch(() => undefined);
    });
    return { asked, loadedBytes, aborted: await aborted };
  });
  expect(asked).toEqual(['https://tunnel.invalid/net object']);
  expect(loadedBytes).toBe((await readFile(MODEL)).byteLength);
  expect(aborted).toBe(true);
  await lab.close();
});

test('headers go to the host they are for, and through no redirect to another', async ({
  browser,
}) => {
  const bytes = await readFile(MODEL);
  const other = await otherHost(async (_path, _request, response) => response.end(bytes));
  const host = await otherHost(async (path, _request, response) =>
    path === '/there'
      ? response.writeHead(302, { location: `${other.url}/net.onnx` }).end()
      : response.end(bytes),
  );
  const lab = await openLab(browser);
  const codes = await lab.page.evaluate(async (url) => {
    const codes: string[] = [];
    for (const [path, headers] of [
      ['/here', { 'X-Api-Key': 'key' }],
      ['/there', { 'X-Api-Key': 'key' }],
      ['/there', { Authorization: 'key' }],
    ] as const) {
      const loaded = globalThis.lab.loadModel(`${url}${path}`, { request: { headers } });
      codes.push(
        await loaded
          .then((model) => model.dispose())
          .then(
            () => 'loaded',
            (error: { code: string }) => error.code,
          ),
      );
    }
    return codes;
  }, host.url);
  expect(codes).toEqual(['loaded', 'INVALID_CONFIG', 'loaded']);
  expect(host.seen.every(({ key }) => key === 'key')).toBe(true);
  expect(other.seen.map(({ key }) => key)).toEqual([undefined]);
  await lab.close();
  host.close();
  other.close();
});
