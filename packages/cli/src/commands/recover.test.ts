import { cp, rm } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { done, makeCheap, operator, perigee } from './operator.fixture.ts';

const { at, registry, pack, on, tryOn, channels, device } = operator();

beforeAll(async () => {
  for (const version of ['1.0.0', '1.1.0', '1.2.0']) await pack(version);
  await pack('1.0.0', 'other');
});

const publish = (to: string, release: string) =>
  on(to, 'publish', release, '--incomplete', 'a test');
const copy = (from: string, to: string) => cp(at(from), at(to), { recursive: true });

/**
 * A restored registry. Its backup lacks a later release and revocation; only `<name>-served` still
 * has both.
 */
async function lost(name: string): Promise<Awaited<ReturnType<typeof device>>> {
  const to = await registry(name);
  await publish(to, 'wdbc@1.0.0');
  await copy(to, `${name}-backup`);
  await publish(to, 'wdbc@1.1.0');
  await publish(to, 'wdbc@1.2.0');
  await on(to, 'revoke', 'wdbc@1.1.0', '--reason', 'wrong labels');
  const refresh = await device(to);
  await refresh();
  await copy(to, `${name}-served`);
  await restore(name);
  await expect(refresh()).rejects.toMatchObject({
    code: 'UNTRUSTED',
    details: { reason: 'rollback' },
  });
  return refresh;
}

async function restore(name: string): Promise<void> {
  await rm(at(name), { recursive: true });
  await copy(`${name}-backup`, name);
}

test('a restored backup goes on above what devices have seen, and says what a newer copy has', async () => {
  const refresh = await lost('restored');
  const served = await channels('restored-served');
  const { err } = await on('restored', 'recover', '--seen', at('restored-served'));
  expect(err).toContain('lacks wdbc@1.1.0');
  expect(err).toContain('lacks wdbc@1.2.0');
  expect(err).toContain('perigee revoke wdbc@1.1.0 --reason "wrong labels"');
  expect((await refresh()).version).toBe(6);
  expect((await channels('restored')).sequence).toBeGreaterThan(served.sequence);
  await publish('restored', 'wdbc@1.1.0');
  await refresh();
  await done(perigee('verify-registry', at('restored'), '--root', at('root.json')));
});

test('without a newer copy versions are skipped, far enough for any backup', async () => {
  const refresh = await lost('alone');
  await on('alone', 'recover');
  expect((await refresh()).version).toBeGreaterThan(1_000);
  expect((await channels('alone')).sequence).toBeGreaterThan(1_000);
  expect((await perigee('log', 'wdbc', '--registry', at('alone'))).out).toContain('recovered');
  await publish('alone', 'wdbc@1.1.0');
  await refresh();
});

test('keys that changed after the backup are taken over from the copy', async () => {
  const to = await registry('rotated');
  await publish(to, 'wdbc@1.0.0');
  await copy(to, 'rotated-backup');
  await cp(at('keys'), at('all'), { recursive: true });
  await cp(at('safe'), at('all'), { recursive: true });
  await done(perigee('keygen', 'next', '--keys', at('all')));
  await makeCheap(at('all'));
  await on(to, 'rotate', 'timestamp', '--new-keys', 'next', '--keys', at('all'));
  const refresh = await device(to);
  await refresh();
  await copy(to, 'rotated-served');
  await restore(to);
  await on(to, 'recover', '--seen', at('rotated-served'), '--keys', at('all'));
  expect((await refresh()).version).toBe(4);
});

test('copies that two machines published to are reported, and one copy takes over', async () => {
  await registry('ada');
  await publish('ada', 'wdbc@1.0.0');
  await copy('ada', 'grace');
  await publish('ada', 'wdbc@1.1.0');
  await publish('grace', 'other@1.0.0');
  const refresh = await device('grace');
  await refresh();
  const compared = await done(perigee('verify-registry', at('ada'), '--copy', at('grace')));
  expect(compared.out).toContain(`${at('ada')} lacks other@1.0.0`);
  expect(compared.out).toContain(`${at('grace')} lacks wdbc@1.1.0`);
  expect(compared.out).toContain('two machines published to separate copies');
  await publish('ada', 'other@1.0.0');
  await on('ada', 'recover', '--seen', at('grace'));
  await rm(at('grace'), { recursive: true });
  await copy('ada', 'grace');
  expect(Object.keys((await refresh()).targets).toSorted()).toEqual([
    'models/other/1.0.0/manifest.json',
    'models/wdbc/1.0.0/manifest.json',
    'models/wdbc/1.1.0/manifest.json',
  ]);
  expect((await perigee('verify-registry', at('ada'), '--copy', at('grace'))).out).toContain(
    '0 errors, 0 warnings',
  );
  await done(
    perigee('init', '--to', at('stranger'), '--keys', at('keys'), '--root', at('stranger.json')),
  );
  expect(await tryOn('ada', 'recover', '--seen', at('stranger'))).toMatchObject({
    code: 1,
    err: expect.stringContaining('is not a copy of') as string,
  });
});

test('a copy that is behind is reported', async () => {
  await registry('new');
  await publish('new', 'wdbc@1.0.0');
  await registry('old');
  expect((await perigee('verify-registry', at('old'), '--copy', at('new'))).out).toContain(
    'is at metadata 1, ',
  );
});
