import type { Channel, ChannelFile } from '@perigee/registry';
import { expect, test } from 'vitest';
import type { RuleName } from '../finding.ts';
import { channelMarks } from './channel-marks.ts';
import { rollbackOf, stepsBack } from './rollback.ts';

const file = (channels: Record<string, Channel>, change: Partial<ChannelFile> = {}) =>
  ({
    schema: 'perigee-channels/1',
    model: 'digits',
    sequence: 1,
    channels,
    ...change,
  }) as const satisfies ChannelFile;
const at = (
  minute: number,
  channels: Record<string, Channel>,
  change: Partial<ChannelFile> = {},
) => ({
  metadataVersion: minute,
  file: file(channels, { updatedAt: `2026-11-30T10:0${minute}:00Z`, ...change }),
});
const OLD = { version: '1.0.0' };
const NEW = { version: '1.1.0' };
const ROLLOUT = { version: '1.2.0', permyriad: 500, salt: 'a' };
const HISTORY = [at(1, { stable: OLD }), at(2, { stable: NEW })];

const rollback = (
  now: Record<string, Channel>,
  {
    registry = './registry',
    rule = 'error-rate' as RuleName,
    firstVersionSeen = '1.1.0',
    version = '1.1.0',
  } = {},
) =>
  rollbackOf(
    { id: 'a1', rule, model: 'digits', version, firstVersionSeen },
    { file: file(now), history: HISTORY, registry, canRun: false },
  );

test('the command names the channel, the registry and the alert', () => {
  expect(rollback({ stable: NEW }).steps.map(({ command }) => command)).toEqual([
    'perigee rollback digits --to ./registry --note "alert a1"',
  ]);
  expect(
    rollback({ stable: NEW }, { registry: "/srv/it's here" }).steps.map(({ command }) => command),
  ).toEqual([`perigee rollback digits --to '/srv/it'\\''s here' --note "alert a1"`]);
  // A URL cannot be written to.
  expect(
    rollback({ stable: NEW }, { registry: 'https://models.example/' }).steps.map(
      ({ command }) => command,
    ),
  ).toEqual(['perigee rollback digits --to "$REGISTRY" --note "alert a1"']);
});

test('a rollout of another version is not taken back in its place', () => {
  expect(
    rollback({ stable: { ...NEW, rollout: ROLLOUT } }).steps.map(({ command }) => command),
  ).toEqual(['perigee rollback digits --version 1.0.0 --to ./registry --note "alert a1"']);
  expect(rollback({ stable: { ...NEW, rollout: ROLLOUT } }).steps).toMatchObject([
    { channel: 'stable', version: '1.0.0' },
  ]);
  const own = { stable: { ...NEW, rollout: ROLLOUT }, beta: OLD };
  expect(rollback(own, { version: '1.2.0' }).steps.map(({ command }) => command)).toEqual([
    'perigee rollback digits --to ./registry --note "alert a1"',
  ]);
});

test('a version that was rolled back, or is revoked, is none to go back to', () => {
  expect(rollback({ stable: { ...NEW, takenBack: ['1.0.0'] } }).steps).toEqual([]);
  const revoked = file({ stable: NEW }, { revoked: [{ version: '1.0.0', reason: 'wrong' }] });
  expect(stepsBack('1.1.0', revoked, HISTORY)).toEqual([]);
  // A plain rollback changes nothing where the last change was one.
  const again = { stable: { ...NEW, takenBack: ['1.2.0'] } };
  expect(rollback(again).steps.map(({ command }) => command)).toEqual([
    'perigee rollback digits --version 1.0.0 --to ./registry --note "alert a1"',
  ]);
});

test('where nothing can be rolled back, or it does not help, the advice says so', () => {
  expect(rollback({ stable: OLD })).toEqual({
    steps: [],
    canRun: false,
    advice: 'No channel gives 1.1.0 to devices any more. Devices leave it with their next check.',
  });
  expect(rollback({ beta: NEW }).advice).toMatch(/^No channel named an earlier version/);
  const drift = { rule: 'feature-drift' as const };
  expect(rollback({ stable: NEW }, drift).advice).toMatch(
    /^Rolling back helps if it began|^Rolling/,
  );
  expect(rollback({ stable: NEW }, { ...drift, firstVersionSeen: '1.0.0' }).advice).toBe(
    'Rolling back does not help: 1.0.0 has the same problem. The inputs changed.',
  );
  expect(rollback({ stable: NEW }, { rule: 'silence' }).advice).toMatch(/^Find the cause first/);
});

test('marks tell releases, steps of rollouts, rollbacks, halts and revocations', () => {
  const marks = channelMarks([
    at(1, { stable: OLD }),
    at(2, { stable: { ...OLD, rollout: ROLLOUT } }, { note: 'try it' }),
    at(3, { stable: { ...OLD, rollout: { ...ROLLOUT, permyriad: 5_000 } } }),
    at(4, { stable: OLD }),
    at(5, { stable: { version: '1.2.0' } }),
    at(
      6,
      { stable: { ...OLD, takenBack: ['1.2.0'] } },
      { revoked: [{ version: '1.2.0', reason: 'wrong' }] },
    ),
    { metadataVersion: 7, file: file({ stable: NEW }) },
  ]);
  expect(marks.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
    'released: 1.0.0 was released to all of stable',
    'rollout: 1.2.0 went to 5 % of stable (try it)',
    'rollout: 1.2.0 went to 50 % of stable',
    'rolled-back: the rollout of 1.2.0 on stable was halted',
    'released: 1.2.0 was released to all of stable',
    'rolled-back: 1.2.0 was rolled back from stable, to 1.0.0',
    'revoked: 1.2.0 was revoked: wrong',
  ]);
});
