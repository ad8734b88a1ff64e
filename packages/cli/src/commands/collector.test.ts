import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { BIN } from '../program.fixture.ts';
import { perigee } from './operator.fixture.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the collector is started and ends on a signal', async () => {
  const child = spawn(
    process.execPath,
    [BIN, 'collector', '--port', '0', '--data', join(folder, 'collector'), '--json'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'exit');
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { url } = JSON.parse(line.toString()) as { url: string };
  expect(await (await fetch(new URL('v1/health', url))).json()).toMatchObject({ ok: true });
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

test('the collector gives ClickHouse the user and password of the environment', async () => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response
      .writeHead(403)
      .end('Code: 516. DB::Exception: perigee: Authentication failed. (AUTHENTICATION_FAILED)');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  vi.stubEnv('PERIGEE_CLICKHOUSE_USER', 'perigee');
  vi.stubEnv('PERIGEE_CLICKHOUSE_PASSWORD', 'of the test');
  onTestFinished(() => void vi.unstubAllEnvs());
  const { code, err } = await perigee(
    'collector',
    '--port',
    '0',
    '--clickhouse',
    `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
  );
  expect({ code, err }).toEqual({
    code: 1,
    err: expect.stringContaining('Authentication failed') as string,
  });
  expect(err).not.toContain('of the test');
  expect(seen).toEqual([`Basic ${btoa('perigee:of the test')}`]);
});
