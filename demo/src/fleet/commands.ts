import { buildReference } from '@perigee/profile';
import type { Calibration } from '@perigee/profile';
import { fitCalibration } from '@perigee/profile/analysis';
import { createDevices } from './device.ts';
import { IDLE } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import { mark, note } from './history.ts';
import { observe, strangenessOf } from './inputs.ts';
import type { Observation } from './inputs.ts';
import type { Fault, Knob } from './protocol.ts';
import { channelIn, giveToAll, rollBack, rollOut } from './publisher.ts';
import { createRandom } from './random.ts';
import { nextVersion, readReference } from './releases.ts';
import type { Release } from './releases.ts';
import { FAULT_WORDS } from './words.ts';

const TRAINING_ROWS = 4_000;

/** Publishes the next version, and rolls it out to a share of the devices. */
export function ship(fleet: Fleet, fault: Fault | null, percent: number): void {
  const words = fault ? `, which ${FAULT_WORDS[fault]},` : '';
  publish(fleet, { fault }, percent, words);
}

/** Trains a version on pictures as they are now, and rolls it out. */
export async function retrain(fleet: Fleet, percent: number): Promise<void> {
  const knows = new Set((['dark', 'newUsers'] as const).filter((knob) => fleet.knobs[knob] > 0));
  const reference = await referenceOfToday(fleet, knows);
  publish(fleet, { fault: null, knows, reference }, percent, ', trained on recent pictures,');
}

function publish(
  fleet: Fleet,
  made: Pick<Release, 'fault'> & Partial<Release>,
  percent: number,
  words: string,
): void {
  const stable = fleet.releases.get(channelIn(fleet.channel).version);
  if (!stable) return;
  const version = nextVersion(fleet.latest);
  fleet.releases.set(version, { ...stable, ...made, version });
  fleet.latest = version;
  fleet.guard = IDLE;
  fleet.channel = rollOut(fleet.channel, version, percent, fleet.nowMs);
  say(fleet, `${version}${words} goes to ${percent} % of the devices.`);
  mark(fleet.history, { atMs: fleet.nowMs, kind: 'released', text: `${version} to ${percent} %` });
}

/** Changes the share of the devices that a rollout reaches. */
export function setPercent(fleet: Fleet, percent: number): void {
  const { rollout } = channelIn(fleet.channel);
  if (!rollout || rollout.permyriad === Math.round(percent * 100)) return;
  fleet.channel = rollOut(fleet.channel, rollout.version, percent, fleet.nowMs);
  const text = `${rollout.version} to ${percent} %`;
  say(fleet, `${text} of the devices.`);
  mark(fleet.history, { atMs: fleet.nowMs, kind: 'step', text });
}

/** Points the channel to the version of the rollout. */
export function giveToEveryone(fleet: Fleet): void {
  const { version, rollout } = channelIn(fleet.channel);
  if (!rollout) return;
  fleet.before = version;
  fleet.channel = giveToAll(fleet.channel, fleet.nowMs);
  fleet.guard = IDLE;
  say(fleet, `${rollout.version} goes to everyone.`);
  mark(fleet.history, {
    atMs: fleet.nowMs,
    kind: 'everyone',
    text: `${rollout.version} for everyone`,
  });
}

/** Ends the rollout, or goes back to the version before. */
export function goBack(fleet: Fleet): void {
  const was = channelIn(fleet.channel);
  fleet.channel = rollBack(fleet.channel, fleet.before, fleet.nowMs);
  const is = channelIn(fleet.channel);
  if (is === was) return;
  fleet.before = undefined;
  fleet.guard = IDLE;
  const left = was.rollout?.version ?? was.version;
  say(fleet, `${left} is rolled back; all devices get ${is.version}.`);
  mark(fleet.history, { atMs: fleet.nowMs, kind: 'rolled-back', text: `${left} rolled back` });
}

const KNOB_WORDS: Readonly<Record<Knob, string>> = {
  dark: 'cameras are dark',
  newUsers: 'users are new',
};

/** Changes the world: a share of the devices sees other pictures from now on. */
export function turn(fleet: Fleet, knob: Knob, share: number): void {
  if (fleet.knobs[knob] === share) return;
  fleet.knobs = { ...fleet.knobs, [knob]: share };
  const text = `${Math.round(share * 100)} % of ${KNOB_WORDS[knob]}`;
  note(fleet.history, { atMs: fleet.nowMs, kind: 'world', tone: 'plain', text: `${text}.` });
  mark(fleet.history, { atMs: fleet.nowMs, kind: 'knob', text });
}

function say(fleet: Fleet, text: string): void {
  note(fleet.history, { atMs: fleet.nowMs, kind: 'publisher', tone: 'plain', text });
}

/** The reference of a version that is trained on pictures as the devices see them now. */
async function referenceOfToday(
  fleet: Fleet,
  knows: Release['knows'],
): Promise<Release['reference']> {
  const { profile } = fleet.reference;
  const random = createRandom(fleet.nowMs);
  // Other devices of the same world: nobody trains on the pictures of users.
  const devices = createDevices(random, fleet.nowMs);
  const first = fleet.releases.get(channelIn(fleet.channel).version);
  if (!first) return fleet.reference;
  const release = { ...first, fault: null, knows };
  const rows = Array.from({ length: TRAINING_ROWS }, (_, i) => {
    const device = devices[i % devices.length] as (typeof devices)[number];
    return observe(random, profile, device, strangenessOf(device, fleet.knobs), release);
  });
  const built = buildReference({
    features: profile.features.map(({ name }, i) => ({
      name,
      kind: 'numeric',
      values: rows.map(({ values }) => values[i] ?? 0),
    })),
    output: {
      labels: profile.output?.labels ?? [],
      predictions: rows.map(({ predicted, score }) => ({
        labelIndex: predicted,
        score,
      })),
      calibration: calibrationOf(rows),
    },
  });
  return readReference(JSON.stringify(built));
}

function calibrationOf(rows: readonly Observation[]): Calibration {
  const { probabilities, accuracy } = fitCalibration(
    rows.map(({ score }) => score),
    rows.map(({ predicted, truth }) => predicted === truth),
  );
  return { probabilities, accuracy, rows: rows.length };
}
