import { spawn } from 'node:child_process';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { done, operator, perigee } from './operator.fixture.ts';

const CLOCK = new URL('../../../../e2e/support/shifted-clock.mjs', import.meta.url).href;
const DEVICE = fileURLToPath(new URL('week-device.script.mjs', import.meta.url));
const DAY_MS = 86_400_000;

const { at, registry, pack, on, tryOn } = operator();

/** Like S3 without the right to list: 403 for absent files. */
async function served(name: string): Promise<string> {
  const server = createServer(
    (request, response) =>
      void readFile(join(at(name), request.url ?? '')).then(
        (bytes) => response.end(bytes),
        () => response.writeHead(403).end(),
      ),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** A device with a store, and a clock for the device and the commands. */
async function start(url: string) {
  const clock = at('clock');
  await writeFile(clock, '0');
  const child = spawn(process.execPath, [DEVICE, url, at('root.json'), at('store')], {
    env: { ...process.env, PERIGEE_CLOCK: clock, NODE_OPTIONS: `--import=${CLOCK}` },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  onTestFinished(() => {
    vi.useRealTimers();
    child.kill();
  });
  return {
    async load(): Promise<unknown> {
      child.stdin.write('load\n');
      const { value } = await answers.next();
      return JSON.parse(value ?? '"the device ended"');
    },
    async setDay(day: number): Promise<void> {
      vi.useRealTimers();
      await writeFile(clock, String(day * DAY_MS));
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + day * DAY_MS });
    },
  };
}

const runs = (version: string, ...faults: string[]) => ({ version, faults });

test('a week of an operator: release, retry, rollback, retry, renewal of keys, and a restored backup', async () => {
  const to = await registry('live');
  for (const version of ['1.0.0', '1.1.0', '1.2.0']) await pack(version);
  const device = await start(await served(to));
  const publish = (version: string, ...more: string[]) => [
    'publish',
    `wdbc@${version}`,
    '--incomplete',
    'a test',
    ...more,
  ];

  await on(to, ...publish('1.0.0'));
  expect(await device.load()).toEqual(runs('1.0.0'));

  // A release; then its job runs once more.
  await device.setDay(1);
  await on(to, ...publish('1.1.0', '--no-channel'));
  const rollout = (percent: string) => [
    'rollout',
    'wdbc@1.1.0',
    '--percent',
    percent,
    '--incomplete',
    'a test',
  ];
  await on(to, ...rollout('5'));
  await on(to, ...rollout('100'));
  await on(to, ...publish('1.1.0', '--no-channel'));
  expect((await tryOn(to, ...rollout('5'))).code).toBe(1);
  expect(await device.load()).toEqual(runs('1.1.0'));
  await on(to, 'promote', 'wdbc@1.1.0', '--incomplete', 'a test');
  expect((await tryOn(to, ...publish('1.0.0'))).code).toBe(1);
  expect(await device.load()).toEqual(runs('1.1.0'));

  // Two rollbacks; then the job of the bad version runs again.
  await device.setDay(2);
  await on(to, 'rollback', 'wdbc', '--note', 'empty answers');
  await on(to, 'rollback', 'wdbc', '--note', 'empty answers');
  expect((await tryOn(to, 'promote', 'wdbc@1.1.0', '--incomplete', 'a test')).err).toContain(
    'was rolled back',
  );
  expect(await device.load()).toEqual(runs('1.0.0'));

  // The nightly job runs for a year without the root key and keeps everything else valid.
  await device.setDay(320);
  expect((await on(to, 'resign', '--keys', at('keys'))).err).toContain(
    'The root metadata expires in 45 days',
  );
  await device.setDay(366);
  await on(to, 'resign');
  expect(await device.load()).toEqual(runs('1.0.0', 'EXPIRED'));
  await on(to, 'resign', '--keys', at('safe'));
  await cp(at(to), at('backup'), { recursive: true });
  await on(to, ...publish('1.2.0'));
  expect(await device.load()).toEqual(runs('1.2.0'));

  // The registry is lost, and the backup is older than the release. The device refuses it until it
  // is recovered.
  await device.setDay(367);
  await cp(at(to), at('mirror'), { recursive: true });
  await rm(at(to), { recursive: true });
  await cp(at('backup'), at(to), { recursive: true });
  expect(await device.load()).toEqual(runs('1.2.0', 'UNTRUSTED'));
  expect((await on(to, 'recover', '--seen', at('mirror'))).err).toContain('lacks wdbc@1.2.0');
  expect(await device.load()).toEqual(runs('1.0.0'));
  await on(to, ...publish('1.2.0'));
  expect(await device.load()).toEqual(runs('1.2.0'));
  await done(perigee('verify-registry', at(to), '--root', at('root.json')));
});
