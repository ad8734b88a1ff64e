import {
  createCounters,
  decodeBatch,
  decodeFrame,
  encodeBatch,
  encodeFrame,
} from '@perigee/profile';
import type { Counters, Profile, ReferenceProfile } from '@perigee/profile';
import { chooseFromChannel, parseModelRef, toleranceFor } from '@perigee/registry';
import type { ChannelFile, GoldenSamples } from '@perigee/registry';
import {
  isConfirmed,
  isFailing,
  isMeasured,
  joinLatencies,
  slowness,
} from '@perigee/registry/probation';
import { isOnline, nextSession } from './device.ts';
import type { Device, OnProbation } from './device.ts';
import { observe, strangenessOf } from './inputs.ts';
import type { Knobs } from './protocol.ts';
import type { Random } from './random.ts';
import { CHANNEL, HARM, MODEL, VARIANT } from './releases.ts';
import type { Release } from './releases.ts';

const HOUR_MS = 3_600_000;
const REF = parseModelRef(`${MODEL}@${CHANNEL}`);
/** Share of answers that users correct or confirm. */
const FEEDBACK = 0.15;
/** Share of calls that fail with a good version: a lost GPU, no memory. */
const USUAL_FAILURES = 0.0005;
const TOLERANCES = { default: { atol: 1e-3, rtol: 1e-3 }, webgpu: { atol: 5e-3, rtol: 5e-3 } };

/** The part of the fleet that a session reads. */
export interface Surroundings {
  readonly random: Random;
  readonly nowMs: number;
  readonly channel: ChannelFile;
  readonly releases: ReadonlyMap<string, Release>;
  /** The distribution that pictures are drawn from. */
  readonly world: ReferenceProfile;
  readonly golden: GoldenSamples;
  readonly knobs: Knobs;
  /** Notes that a device changed its version or refused one. */
  readonly changed: (change: DeviceChange) => void;
}

export interface DeviceChange {
  readonly device: Device;
  readonly version: string;
  readonly what: 'installed' | 'refused' | 'confirmed' | 'went-back' | 'returned';
  readonly reason: string;
  /** Bytes that were downloaded, and those that a device without the version before would need. */
  readonly fetched: number;
  readonly full: number;
}

/** One session of a device: it looks for a new version, answers a few calls, and reports. */
export async function runSession(device: Device, around: Surroundings): Promise<void> {
  const { random, nowMs } = around;
  if (isOnline(device, nowMs)) await update(device, around);
  const counters = countersOf(device, around);
  counters.observeSession();
  const calls = 4 + random.below(5);
  for (let call = 0; call < calls; call += 1) {
    const version = device.active;
    predict(device, around, counters);
    // The rest of the session is the older version's.
    if (device.active !== version) break;
  }
  if (!counters.empty)
    record(device, around, counters.snapshot(keyOf(device, around, device.active)));
  device.nextSessionMs = nextSession(random, device, nowMs);
}

function releaseOf({ releases }: Surroundings, version: string): Release {
  const found = releases.get(version);
  if (!found) throw new Error(`The simulation has no version ${version}.`);
  return found;
}

function countersOf(device: Device, around: Surroundings): Counters {
  return createCounters(releaseOf(around, device.active).reference.profile);
}

/** Takes the version that the channel gives this device, if it is another one. */
async function update(device: Device, around: Surroundings): Promise<void> {
  const { channel, nowMs, changed } = around;
  const chooser = { installId: device.installId, now: new Date(nowMs) };
  const { version } = await chooseFromChannel(channel, REF, CHANNEL, chooser);
  if (version === device.active || device.bad.has(version)) return;
  const { bytes } = releaseOf(around, version);
  const facts = { device, version, reason: '', fetched: 0, full: 0 };
  if (version === device.previous) {
    activate(device, version, undefined);
    return changed({ ...facts, what: 'returned' });
  }
  const downloaded = { fetched: bytes.delta, full: bytes.full };
  const fault = goldenFault(device, around, version);
  const tried = createCounters(releaseOf(around, version).reference.profile);
  tried.observeGolden(fault === null);
  if (fault !== null) {
    // A version that is refused never answers, so its session is counted here.
    tried.observeSession();
    tried.observeError('GOLDEN_MISMATCH');
    device.bad.set(version, 'refused');
    record(device, around, tried.snapshot({ ...keyOf(device, around, version), backend: 'none' }));
    return changed({ ...facts, ...downloaded, what: 'refused', reason: fault });
  }
  record(device, around, tried.snapshot(keyOf(device, around, version)));
  const probation = { version, sinceMs: nowMs, good: 0, failed: 0, latencies: undefined };
  activate(device, version, probation);
  changed({ ...facts, ...downloaded, what: 'installed' });
}

function activate(device: Device, version: string, probation: OnProbation | undefined): void {
  device.previous = device.active;
  device.active = version;
  device.probation = probation;
}

/** Compares outputs with the golden samples of the real model: the first that is off, or null. */
function goldenFault({ backend }: Device, around: Surroundings, version: string): string | null {
  const { golden, random } = around;
  const { fault } = releaseOf(around, version);
  const { atol, rtol } = toleranceFor(TOLERANCES, VARIANT, backend);
  const error = fault === 'golden' ? HARM.goldenError : atol * 0.1;
  for (const { id, outputs } of golden.samples) {
    for (const { data } of Object.values(outputs)) {
      for (const [i, want] of data.entries()) {
        if (typeof want !== 'number') continue;
        const off = Math.abs(error * random.normal());
        if (off > atol + rtol * Math.abs(want))
          return `golden sample ${id}: value ${i} is off by ${off.toFixed(2)}`;
      }
    }
  }
  return null;
}

/** One call, with what probation makes of it. */
function predict(device: Device, around: Surroundings, counters: Counters): void {
  const { random, world, knobs } = around;
  const release = releaseOf(around, device.active);
  const failures = release.fault === 'throws' ? HARM.throws : USUAL_FAILURES;
  if (random.chance(failures)) {
    counters.observeError('INFERENCE_FAILED');
    if (device.probation) device.probation.failed += 1;
    return judgeProbation(device, around, counters);
  }
  const seen = observe(random, world, device, strangenessOf(device, knobs), release);
  counters.observePrediction();
  counters.observeFeatures(seen.values);
  counters.observeOutput(seen.predicted, seen.score);
  if (random.chance(FEEDBACK)) counters.observeGroundTruth(seen.predicted, seen.truth);
  const slower = release.fault === 'slow' ? HARM.slower : 1;
  const ms = device.typicalMs * slower * Math.exp(0.3 * random.normal());
  counters.observeLatency('total', ms);
  const measured = { backend: device.backend, samplesMs: [ms] };
  if (!device.probation) {
    const known = device.baselines.get(device.active);
    if (!isMeasured(known)) device.baselines.set(device.active, joinLatencies(known, measured));
    return;
  }
  device.probation.good += 1;
  device.probation.latencies = joinLatencies(device.probation.latencies, measured);
  judgeProbation(device, around, counters);
}

/** The SDK's own rules: back to the version before, or confirmed, or still on probation. */
function judgeProbation(device: Device, around: Surroundings, counters: Counters): void {
  const { probation, previous } = device;
  if (!probation) return;
  const baseline = device.baselines.get(previous ?? '');
  const { good, failed, latencies, version, sinceMs } = probation;
  const slow = slowness(baseline, latencies);
  const reason = isFailing(probation)
    ? `${failed} of ${failed + good} predictions failed on probation`
    : slow;
  const facts = { device, version, fetched: 0, full: 0 };
  if (reason !== null) {
    record(device, around, counters.snapshot(keyOf(device, around, version)));
    device.bad.set(version, 'left');
    activate(device, previous ?? version, undefined);
    return around.changed({ ...facts, what: 'went-back', reason });
  }
  const onProbationMs = around.nowMs - sinceMs;
  if (!isConfirmed({ answers: good, onProbationMs }, baseline, latencies)) return;
  device.probation = undefined;
  if (latencies) device.baselines.set(version, latencies);
  around.changed({ ...facts, what: 'confirmed', reason: '' });
}

function keyOf(device: Device, around: Surroundings, version: string): Profile['key'] {
  return {
    model: MODEL,
    version,
    reference: releaseOf(around, version).reference.id,
    backend: device.backend,
    browser: device.browser,
    segment: device.segment,
    sampling: 0,
    privacy: 0,
    group: device.group,
    hour: Math.floor(around.nowMs / HOUR_MS),
  };
}

/** Keeps counts until they can be sent. A device counts once an hour as a device. */
function record(device: Device, around: Surroundings, profile: Profile): void {
  const { version, hour } = profile.key;
  const before = device.counted.get(version);
  const isFirst = before?.hour !== hour;
  const hasFailed = !isFirst && before.failed;
  const failedDevices = hasFailed ? 0 : profile.failedDevices;
  device.counted.set(version, { hour, failed: hasFailed || failedDevices > 0 });
  device.waiting.push({ ...profile, devices: isFirst ? 1 : 0, failedDevices });
}

/** An upload as the collector decodes it, and its size. */
export interface Upload {
  readonly batch: ReturnType<typeof decodeBatch>;
  readonly bytes: number;
}

/** Sends the counts that wait, in the bytes that a real device sends. */
export function upload(device: Device, random: Random, nowMs: number): Upload[] {
  if (device.waiting.length === 0 || !isOnline(device, nowMs)) return [];
  const sealed = { batchId: random.hex(32), sealedAtMs: nowMs, lost: {}, profiles: device.waiting };
  const frame = encodeFrame({ sentAtMs: nowMs, gzip: false, record: encodeBatch(sealed) });
  device.waiting = [];
  return [{ batch: decodeBatch(decodeFrame(frame).record), bytes: frame.byteLength }];
}
