import { beforeAll, expect, test } from 'vitest';
import { operator } from './operator.fixture.ts';

const { registry, pack, on, tryOn, channels } = operator();

beforeAll(async () => {
  for (const version of ['1.0.0', '1.1.0', '1.2.0']) await pack(version);
});

const publish = (to: string, version: string, ...more: string[]) =>
  on(to, 'publish', `wdbc@${version}`, '--incomplete', 'a test', ...more);
const stable = async (to: string) => (await channels(to)).channels['stable'];

/** Expects that the command is refused and the channel file stays unchanged. */
async function refused(to: string, message: string, ...args: string[]): Promise<void> {
  const before = await channels(to);
  expect(await tryOn(to, ...args)).toMatchObject({
    code: 1,
    err: expect.stringContaining(message) as string,
  });
  expect(await channels(to)).toEqual(before);
}

/**
 * Expects that the command succeeds, says that it changed nothing, and leaves the channel file
 * unchanged.
 */
async function changesNothing(to: string, ...args: string[]): Promise<void> {
  const before = await channels(to);
  expect((await on(to, ...args)).out).toMatch(/nothing (was changed|to change)/);
  expect(await channels(to)).toEqual(before);
}

test('a second rollback changes nothing, and a version that was rolled back comes back with --force only', async () => {
  const to = await registry('rollback');
  await publish(to, '1.0.0');
  await publish(to, '1.1.0');
  expect((await on(to, 'rollback', 'wdbc')).out).toContain('stable of wdbc is back at 1.0.0');
  await changesNothing(to, 'rollback', 'wdbc');
  const version = 'wdbc@1.1.0';
  await refused(to, 'was rolled back from "stable"', 'publish', version, '--incomplete', 'a test');
  await refused(to, 'was rolled back from "stable"', 'promote', version, '--incomplete', 'a test');
  await refused(
    to,
    'was rolled back from "stable"',
    'rollout',
    version,
    '--percent',
    '5',
    '--incomplete',
    'a test',
  );
  await refused(to, 'was rolled back from "stable"', 'rollback', 'wdbc', '--version', '1.1.0');
  await on(to, 'promote', version, '--incomplete', 'a test', '--force');
  expect(await stable(to)).toEqual({ version: '1.1.0' });
  await on(to, 'rollback', 'wdbc');
  expect(await stable(to)).toEqual({ version: '1.0.0', takenBack: ['1.1.0'] });
  await publish(to, '1.2.0');
  await on(to, 'rollback', 'wdbc');
  expect((await stable(to))?.version).toBe('1.0.0');
});

test('an old job that runs again ends no rollout, moves no channel back and lowers no share', async () => {
  const to = await registry('old-jobs');
  await publish(to, '1.0.0');
  await publish(to, '1.1.0', '--no-channel');
  const rollout = (percent: string, ...more: string[]): string[] => [
    'rollout',
    'wdbc@1.1.0',
    '--percent',
    percent,
    '--incomplete',
    'a test',
    ...more,
  ];
  await on(to, ...rollout('5'));
  const began = (await stable(to))?.rollout?.startAt;
  expect(Date.parse(began!)).toBeLessThanOrEqual(Date.now());
  await on(to, ...rollout('50'));
  // A wider rollout is the same rollout: versions are compared from its start.
  expect((await stable(to))?.rollout).toMatchObject({ permyriad: 5_000, startAt: began });
  const publishAgain = (version: string): string[] => [
    'publish',
    `wdbc@${version}`,
    '--incomplete',
    'a test',
  ];
  await changesNothing(to, ...publishAgain('1.0.0'));
  await changesNothing(to, 'promote', 'wdbc@1.0.0', '--incomplete', 'a test');
  await changesNothing(to, ...rollout('50'));
  await refused(to, 'already goes to 50 % of "stable"', ...rollout('5'));
  await on(to, ...rollout('20', '--force'));
  await on(to, 'promote', 'wdbc@1.1.0', '--incomplete', 'a test');
  await refused(to, '"stable" of wdbc already names 1.1.0', ...rollout('50'));
  await refused(to, '"stable" of wdbc already names 1.1.0', ...rollout('50', '--force'));
  await refused(to, 'named 1.0.0 before, and now names 1.1.0', ...publishAgain('1.0.0'));
  await refused(
    to,
    'perigee rollback wdbc --version 1.0.0',
    'promote',
    'wdbc@1.0.0',
    '--incomplete',
    'a test',
  );
  await publish(to, '1.2.0', '--no-channel');
  await on(to, 'rollout', 'wdbc@1.2.0', '--percent', '5', '--incomplete', 'a test');
  await changesNothing(to, 'rollout', 'wdbc@1.1.0', '--percent', '0');
  await on(to, 'rollback', 'wdbc');
  expect(await stable(to)).toEqual({ version: '1.1.0', takenBack: ['1.2.0'] });
  await changesNothing(to, 'rollback', 'wdbc');
});

test('an old job that runs again undoes no halt, floor, revocation or end of an experiment', async () => {
  const to = await registry('decisions');
  await publish(to, '1.0.0');
  await publish(to, '1.1.0', '--no-channel');
  await publish(to, '1.2.0', '--no-channel');
  const rollout = ['rollout', 'wdbc@1.1.0', '--percent', '5', '--incomplete', 'a test'];
  await on(to, ...rollout);
  await on(to, 'rollout', 'wdbc@1.1.0', '--percent', '0');
  await changesNothing(to, 'rollout', 'wdbc@1.1.0', '--percent', '0');
  await refused(to, 'was rolled back from "stable"', ...rollout);
  const experiment = [
    'experiment',
    'wdbc',
    '--id',
    'wider',
    '--arm',
    'a=1.0.0:10',
    '--arm',
    'b=1.2.0:10',
  ];
  await on(to, ...experiment);
  await on(to, 'experiment', 'wdbc', '--id', 'wider', '--end');
  await refused(to, 'was ended before', ...experiment);
  await on(to, 'revoke', 'wdbc@1.1.0', '--reason', 'wrong');
  await changesNothing(to, 'revoke', 'wdbc@1.1.0', '--reason', 'wrong');
  await refused(to, 'must not run on any device: it was revoked: wrong', ...rollout, '--force');
  await on(to, 'promote', 'wdbc@1.2.0', '--incomplete', 'a test');
  await on(to, 'revoke', 'wdbc', '--below', '1.2.0', '--reason', 'leaks');
  await changesNothing(to, 'revoke', 'wdbc', '--below', '1.1.0', '--reason', 'leaks');
  await refused(to, 'no other version before that may run', 'rollback', 'wdbc');
  expect(await channels(to)).toMatchObject({
    floor: '1.2.0',
    channels: { stable: { version: '1.2.0' } },
    revoked: [{ version: '1.1.0' }],
  });
});
