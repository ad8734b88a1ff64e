import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { layout } from '@perigee/registry';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { done, makeCheap, operator, perigee } from './operator.fixture.ts';

const { at, registry, pack, on, tryOn, device } = operator();

const verify = (name: string) => perigee('verify-registry', at(name), '--root', at('root.json'));
const verifyAnew = (name: string) => done(verify(name));

beforeAll(async () => {
  await pack('1.0.0');
  await cp(at('keys'), at('all'), { recursive: true });
  await cp(at('safe'), at('all'), { recursive: true });
  await done(perigee('keygen', 'next', '--keys', at('all')));
  await makeCheap(at('all'));
});

const ALL = (): string[] => ['--keys', at('all')];

test.each([
  ['timestamp', 'resign'],
  ['snapshot', 'rotate'],
  ['targets', 'publish'],
] as const)(
  'a rotation of the %s key that was killed before the timestamp was written is completed by %s',
  async (role, mend) => {
    const to = await registry(`killed-${role}`);
    const refresh = await device(to);
    const before = await refresh();
    const rotate = ['rotate', role, '--new-keys', 'next', ...ALL()];
    const timestamp = await readFile(join(at(to), layout.timestamp));
    await on(to, ...rotate);
    await writeFile(join(at(to), layout.timestamp), timestamp);
    await expect((await device(to))()).rejects.toMatchObject({ code: 'UNTRUSTED' });
    expect(await verify(to)).toMatchObject({
      code: 1,
      out: expect.stringContaining('this completes it: perigee resign') as string,
    });
    const commands = {
      resign: ['resign', ...ALL()],
      rotate,
      publish: ['publish', 'wdbc@1.0.0', '--no-channel', ...ALL()],
    };
    await on(to, ...commands[mend]);
    await verifyAnew(to);
    expect((await refresh()).version).toBeGreaterThan(before.version);
    expect((await on(to, ...rotate)).out).toContain('already; nothing was changed (root 2)');
  },
);

test('a rotation that fails before its last writes leaves the registry as it was', async () => {
  const to = await registry('failed');
  // A folder at the file's path, so that the snapshot cannot be written.
  await mkdir(join(at(to), layout.snapshot(2)));
  expect((await tryOn(to, 'rotate', 'timestamp', '--new-keys', 'next', ...ALL())).code).toBe(1);
  expect((await (await device(to))()).version).toBe(1);
});

const DAY_MS = 86_400_000;

function inDays(days: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + days * DAY_MS });
  onTestFinished(() => void vi.useRealTimers());
}

test('60 days before the root expires, commands say what to run, and the root key alone renews it', async () => {
  const to = await registry('old-root');
  const refresh = await device(to);
  expect(await tryOn(to, 'resign', '--keys', at('safe'))).toMatchObject({
    code: 1,
    err: expect.stringContaining('Nothing was signed. The root is valid until') as string,
  });
  inDays(310);
  const renew = `perigee resign --to ${at(to)} --keys <folder with the root key>`;
  const nightly = await on(to, 'resign');
  expect(nightly.err).toContain('The root metadata expires in 55 days');
  expect(nightly.err).toContain(renew);
  const { out } = await verifyAnew(to);
  expect(out).toContain('! metadata/root expires in 55 days');
  expect(out).toContain(renew);
  expect((await on(to, 'resign', '--keys', at('safe'))).out).toContain('signed again: root.');
  expect((await verifyAnew(to)).out).toContain('0 errors, 0 warnings');
  inDays(100);
  expect((await on(to, 'resign')).err).toBe('');
  expect((await refresh()).version).toBe(3);
});

test('an expired root is renewed with its key, and devices go on', async () => {
  const to = await registry('expired-root');
  const refresh = await device(to);
  await refresh();
  inDays(366);
  expect((await on(to, 'resign')).err).toContain('The root metadata expired on');
  await expect(refresh()).rejects.toMatchObject({ code: 'EXPIRED', details: { role: 'root' } });
  expect(await verify(to)).toMatchObject({
    code: 1,
    out: expect.stringContaining('with the root key: perigee resign') as string,
  });
  await on(to, 'resign', ...ALL());
  await verifyAnew(to);
  expect((await refresh()).version).toBe(3);
});
