import { guardDecision, rolloutsOf } from '@perigee/collector/analysis';
import type { Alert, CompareAnswer, Reference } from '@perigee/collector/analysis';
import type { ChannelFile, GoldenSamples } from '@perigee/registry';
import { createCollector } from './collector.ts';
import type { Collector } from './collector.ts';
import { createDevices } from './device.ts';
import type { Device } from './device.ts';
import { addPoint, emptyHistory, mark, note, noteDevice } from './history.ts';
import type { History } from './history.ts';
import type { GuardState, Knobs } from './protocol.ts';
import { channelIn, firstChannel, halt } from './publisher.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';
import { FIRST_VERSION, MODEL } from './releases.ts';
import type { DownloadBytes, Release } from './releases.ts';
import { runSession, upload } from './session.ts';
import type { DeviceChange } from './session.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** A Monday. Only differences of times matter. */
const BEGINS_MS = Date.UTC(2026, 0, 5);
/** Minutes between two looks of guard and monitor, and between two points. */
const GUARD_MINUTES = 5;
const MONITOR_MINUTES = 60;
const POINT_MINUTES = 30;
/** Sums older than this are of no use to any window. */
const KEPT_DAYS = 8;

/** Settings of a fleet. */
export interface FleetOptions {
  readonly seed: number;
  /** The reference and the golden samples of a real release. */
  readonly reference: Reference;
  readonly golden: GoldenSamples;
  /** Bytes that a device downloads for a version. */
  readonly bytes: DownloadBytes;
}

/** A simulated fleet. `advance()` and the functions of `commands.ts` change it. */
export interface Fleet extends FleetOptions {
  readonly random: Random;
  readonly devices: readonly Device[];
  readonly releases: Map<string, Release>;
  readonly collector: Collector;
  readonly history: History;
  readonly startedMs: number;
  nowMs: number;
  channel: ChannelFile;
  /** The version that the channel named before this one. */
  before: string | undefined;
  latest: string;
  knobs: Knobs;
  guard: GuardState;
  alerts: readonly Alert[];
  readonly bytesMoved: { fetched: number; full: number; updates: number; uploaded: number };
  predictions: number;
}

export const IDLE: GuardState = { outcome: 'idle', version: '', reasons: [], evidence: [] };

export function createFleet(options: FleetOptions): Fleet {
  const random = createRandom(options.seed);
  const first: Release = {
    version: FIRST_VERSION,
    fault: null,
    knows: new Set(),
    reference: options.reference,
    bytes: options.bytes,
  };
  const published = {
    channel: (): ChannelFile => fleet.channel,
    release: (version: string): Release | undefined => fleet.releases.get(version),
  };
  const fleet: Fleet = {
    ...options,
    random,
    devices: createDevices(random, BEGINS_MS),
    releases: new Map([[FIRST_VERSION, first]]),
    collector: createCollector(published, () => fleet.nowMs),
    history: emptyHistory(),
    startedMs: BEGINS_MS,
    nowMs: BEGINS_MS,
    channel: firstChannel(BEGINS_MS),
    before: undefined,
    latest: FIRST_VERSION,
    knobs: { dark: 0, newUsers: 0 },
    guard: IDLE,
    alerts: [],
    bytesMoved: { fetched: 0, full: 0, updates: 0, uploaded: 0 },
    predictions: 0,
  };
  return fleet;
}

/** Simulates so many milliseconds, in steps of a minute. */
export async function advance(fleet: Fleet, simulatedMs: number): Promise<void> {
  const endMs = fleet.nowMs + simulatedMs;
  while (fleet.nowMs < endMs) {
    const minute = fleet.nowMs - (fleet.nowMs % MINUTE_MS) + MINUTE_MS;
    fleet.nowMs = Math.min(endMs, minute);
    await runDevices(fleet);
    if (fleet.nowMs < minute) return;
    const minutes = fleet.nowMs / MINUTE_MS;
    if (minutes % GUARD_MINUTES === 0) await runGuard(fleet);
    if (minutes % MONITOR_MINUTES === 0) await runMonitor(fleet);
    if (minutes % POINT_MINUTES === 0) await notePoint(fleet);
  }
}

/** Runs the sessions that are due, and sends their counts. */
async function runDevices(fleet: Fleet): Promise<void> {
  const { random, nowMs, channel, releases, golden, knobs, bytesMoved, collector } = fleet;
  const around = {
    random,
    nowMs,
    channel,
    releases,
    golden,
    knobs,
    world: fleet.reference.profile,
    changed: (change: DeviceChange): void => noteChange(fleet, change),
  };
  const due = fleet.devices.filter(({ nextSessionMs }) => nextSessionMs <= nowMs);
  for (const device of due) await runSession(device, around);
  const uploads = due.flatMap((device) => upload(device, random, nowMs));
  for (const { batch, bytes } of uploads) {
    bytesMoved.uploaded += bytes;
    for (const profile of batch.profiles) fleet.predictions += profile.predictions;
  }
  if (uploads.length > 0) await collector.store.commit(uploads.map(({ batch }) => batch));
}

function noteChange(fleet: Fleet, { what, version, reason, fetched, full }: DeviceChange): void {
  const { history, nowMs: atMs, bytesMoved } = fleet;
  bytesMoved.fetched += fetched;
  bytesMoved.full += full;
  if (full > 0) bytesMoved.updates += 1;
  if (what !== 'refused' && what !== 'went-back') return;
  const did = what === 'refused' ? 'refused' : 'went back from';
  noteDevice(history, { atMs, text: `A device ${did} ${version}: ${reason}.` }, did + version);
}

/** Lets the guard look at each rollout, and take back one that does harm. */
async function runGuard(fleet: Fleet): Promise<void> {
  const { collector, nowMs, history } = fleet;
  for (const running of rolloutsOf(MODEL, fleet.channel)) {
    const version = running.challenger;
    const answer = await collector.compare(running, nowMs);
    const decision = guardDecision(answer);
    const evidence = evidenceOf(answer);
    if (!decision.act) {
      fleet.guard = { outcome: decision.outcome, version, reasons: [], evidence };
      continue;
    }
    const { reasons } = decision.answer;
    const words = reasons.join('; ');
    fleet.channel = halt(fleet.channel, running, words, nowMs);
    fleet.guard = { outcome: 'acted', version, reasons, evidence };
    const text = `The guard took ${version} back from ${running.percent} %: ${words}.`;
    note(history, { atMs: nowMs, kind: 'guard', tone: 'good', text });
    mark(history, { atMs: nowMs, kind: 'rolled-back', text: `${version} taken back by the guard` });
  }
}

function evidenceOf(answer: CompareAnswer | undefined): GuardState['evidence'] {
  return (answer?.metrics ?? []).map(({ name, unit, champion, challenger, eValue }) => ({
    name,
    unit,
    champion: champion.value,
    challenger: challenger.value,
    eValue,
  }));
}

/** Lets the monitor judge all versions, and notes alerts that opened or ended. */
async function runMonitor(fleet: Fleet): Promise<void> {
  const { collector, history, nowMs } = fleet;
  await collector.check(nowMs);
  const topic = ({ rule, version }: Alert): string => `${rule} ${version}`;
  const before = new Set(fleet.alerts.map(topic));
  const open = await collector.openAlerts();
  const after = new Set(open.map(topic));
  // An alert of a segment beside that of the whole fleet is no news.
  for (const alert of firstOf(open, topic)) {
    if (before.has(topic(alert))) continue;
    const text = `${alert.rule} of ${MODEL}@${alert.version}`;
    note(history, { atMs: nowMs, kind: 'alert', tone: 'warn', text: `Alert: ${text}.` });
    mark(history, { atMs: nowMs, kind: 'alert', text: `Alert: ${text}` });
  }
  for (const alert of firstOf(fleet.alerts, topic)) {
    if (after.has(topic(alert))) continue;
    const text = `Ended: ${alert.rule} of ${MODEL}@${alert.version}.`;
    note(history, { atMs: nowMs, kind: 'alert', tone: 'good', text });
  }
  fleet.alerts = open;
  if (nowMs % (24 * HOUR_MS) === 0) await collector.store.maintain(nowMs, RETENTION);
}

/** Keeps the figures of this moment for the time line. */
async function notePoint({ releases, channel, history, collector, nowMs }: Fleet): Promise<void> {
  const stable = releases.get(channelIn(channel).version);
  if (stable) addPoint(history, await collector.point(nowMs, stable));
}

function firstOf<T>(list: readonly T[], keyOf: (one: T) => string): T[] {
  return [...new Map(list.toReversed().map((one) => [keyOf(one), one])).values()];
}

const RETENTION = { hourDays: KEPT_DAYS, dayDays: KEPT_DAYS, keepDays: KEPT_DAYS, batchIdDays: 1 };
