import { readFileSync } from 'node:fs';
import { parseGolden } from '@perigee/registry';
import { expect, test } from 'vitest';
import { alertCards } from './alert-cards.ts';
import { giveToEveryone, goBack, retrain, setPercent, ship, turn } from './commands.ts';
import { advance, createFleet } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import { channelIn } from './publisher.ts';
import { simulatedReference } from './releases.ts';
import { snapshotOf } from './snapshot.ts';

const HOUR_MS = 3_600_000;
const RELEASE = new URL('../../../models/digits/versions/1.1.0/', import.meta.url);
const text = (name: string): string => readFileSync(new URL(name, RELEASE), 'utf8');
const BYTES = { full: 90_000, delta: 8_000 };

async function fleetOf(seed: number): Promise<Fleet> {
  const reference = await simulatedReference(text('reference.json'));
  const golden = parseGolden(new TextEncoder().encode(text('golden.json')));
  return createFleet({ seed, reference, golden, bytes: BYTES });
}

const hours = (fleet: Fleet, count: number): Promise<void> => advance(fleet, count * HOUR_MS);

/** Simulates hour by hour until something holds. @returns the hours it took */
async function hoursUntil(fleet: Fleet, most: number, holds: () => boolean): Promise<number> {
  for (let hour = 1; hour <= most; hour += 1) {
    await hours(fleet, 1);
    if (holds()) return hour;
  }
  return Infinity;
}

const rules = (fleet: Fleet): string[] => [...new Set(fleet.alerts.map(({ rule }) => rule))];
const running = (fleet: Fleet, version: string): number =>
  fleet.devices.filter(({ active }) => active === version).length;
const said = (fleet: Fleet): string => fleet.history.log.map((entry) => entry.text).join('\n');

/** Three days of one fleet take half a minute. PERIGEE_ALL=1 takes all seeds. */
const SEEDS = process.env['PERIGEE_ALL'] ? [1, 2, 3, 4, 5] : [1];

test.each(SEEDS)('a healthy fleet raises no alert in three days (seed %i)', async (seed) => {
  const fleet = await fleetOf(seed);
  await hours(fleet, 72);
  expect(said(fleet)).toBe('');
  expect(fleet.alerts).toEqual([]);
  // The monitor did judge: there was enough data, of all devices.
  expect(fleet.history.points.at(-1)).toMatchObject({ driftOf: expect.stringMatching(/\w/) });
  expect(fleet.history.points.at(-1)?.measured).toBeGreaterThan(0.9);
});

test('the same seed gives the same fleet', async () => {
  const [a, b] = [await fleetOf(9), await fleetOf(9)];
  await hours(a, 2);
  // Steps of any length give the same hours.
  for (let minute = 0; minute < 120; minute += 1) await advance(b, 60_000);
  const run = { speed: 60, skipping: 0 };
  expect(snapshotOf(b, run)).toEqual(snapshotOf(a, run));
  expect(a.predictions).toBeGreaterThan(1_000);
});

test('dark cameras open an alert about the pictures, and repairing them ends it', async () => {
  const fleet = await fleetOf(1);
  await hours(fleet, 7);
  turn(fleet, 'dark', 0.4);
  const took = await hoursUntil(fleet, 8, () => rules(fleet).includes('feature-drift'));
  expect(took).toBeLessThanOrEqual(6);
  const [card] = alertCards(fleet);
  expect(card?.headline).toMatch(/brightness|contrast/);
  expect(card?.accuracy?.now).toBeLessThan(card?.accuracy?.before ?? 0);
  expect(card?.remedy?.command).toEqual({ type: 'knob', knob: 'dark', share: 0 });
  turn(fleet, 'dark', 0);
  const ended = await hoursUntil(fleet, 24, () => !rules(fleet).includes('feature-drift'));
  expect(ended).toBeLessThan(24);
});

test('new users open an alert; a version trained on them is good for them', async () => {
  const fleet = await fleetOf(2);
  await hours(fleet, 7);
  turn(fleet, 'newUsers', 0.5);
  await hoursUntil(fleet, 10, () => rules(fleet).includes('feature-drift'));
  const [card] = alertCards(fleet);
  expect(card?.features).not.toContain('brightness');
  expect(card?.remedy?.command).toMatchObject({ type: 'retrain' });
  const before = fleet.history.points.at(-1)?.measured ?? 0;
  await retrain(fleet, 50);
  giveToEveryone(fleet);
  const version = channelIn(fleet.channel).version;
  await hours(fleet, 26);
  expect(running(fleet, version)).toBeGreaterThan(350);
  expect(fleet.history.points.at(-1)?.measured).toBeGreaterThan(before + 0.04);
  expect(fleet.alerts.filter((alert) => alert.version === version)).toEqual([]);
});

test('a good rollout completes, as deltas and without an alert', async () => {
  const fleet = await fleetOf(3);
  await hours(fleet, 7);
  ship(fleet, null, 5);
  await hours(fleet, 6);
  // The share is that of the channel file.
  expect(running(fleet, '1.1.0')).toBeGreaterThan(0);
  expect(running(fleet, '1.1.0')).toBeLessThan(40);
  setPercent(fleet, 50);
  await hours(fleet, 8);
  expect(fleet.guard.outcome).toBe('no-harm-seen');
  giveToEveryone(fleet);
  await hoursUntil(fleet, 30, () => running(fleet, '1.1.0') === fleet.devices.length);
  expect(running(fleet, '1.1.0')).toBe(400);
  expect(fleet.bytesMoved).toMatchObject({ fetched: 400 * BYTES.delta, full: 400 * BYTES.full });
  expect(rules(fleet)).toEqual([]);
  // All devices have the version before, and go back without a download.
  goBack(fleet);
  await hours(fleet, 24);
  expect(running(fleet, '1.0.0')).toBeGreaterThan(390);
  expect(fleet.bytesMoved.fetched).toBe(400 * BYTES.delta);
});

test('golden samples refuse a version that computes wrong numbers on every device', async () => {
  const fleet = await fleetOf(4);
  await hours(fleet, 7);
  ship(fleet, 'golden', 25);
  const took = await hoursUntil(fleet, 12, () => fleet.guard.outcome === 'acted');
  expect(took).toBeLessThanOrEqual(12);
  expect(running(fleet, '1.1.0')).toBe(0);
  expect(said(fleet)).toContain('A device refused 1.1.0: golden sample');
  expect(channelIn(fleet.channel)).toMatchObject({ version: '1.0.0', takenBack: ['1.1.0'] });
});

test.each([
  ['throws', 10],
  ['slow', 25],
  ['inaccurate', 25],
] as const)(
  'the guard takes back a version that %s before it reaches half',
  async (fault, share) => {
    const fleet = await fleetOf(5);
    await hours(fleet, 7);
    ship(fleet, fault, share);
    const took = await hoursUntil(fleet, 36, () => fleet.guard.outcome === 'acted');
    expect(took).toBeLessThanOrEqual(36);
    expect(said(fleet)).toContain(`The guard took 1.1.0 back from ${share} %`);
    await hours(fleet, 24);
    expect(running(fleet, '1.1.0')).toBeLessThan(10);
    expect(channelIn(fleet.channel).rollout).toBeUndefined();
  },
);
