import type { Latencies } from '@perigee/registry/probation';
import type { Profile } from '@perigee/profile';
import type { Random } from './random.ts';
import { FIRST_VERSION } from './releases.ts';

export const DEVICES = 400;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const GROUPS = 16;
const FEATURES = 5;
/** Minutes between two sessions while the device is in use. */
const SESSION_EVERY_MS = 25 * 60_000;

/** A new version that has yet to show that it works. */
export interface OnProbation {
  readonly version: string;
  readonly sinceMs: number;
  good: number;
  failed: number;
  latencies: Latencies | undefined;
}

/** One simulated device, with what a real one keeps in its store. */
export interface Device {
  /** Random text that decides which rollouts the device is in. It never leaves the device. */
  readonly installId: string;
  /** 0–15, the statistical unit of the analysis. */
  readonly group: number;
  readonly backend: 'wasm' | 'webgpu';
  readonly browser: 'chromium' | 'webkit' | 'firefox';
  readonly segment: 'tablet' | 'kiosk';
  /** Hours of the day in which it is used, and in which it has no network. */
  readonly usedFrom: number;
  readonly usedHours: number;
  readonly offlineFrom: number;
  readonly offlineHours: number;
  /** Place in the order in which the knobs of the world reach devices, 0 to 1. */
  readonly cameraOrder: number;
  readonly userOrder: number;
  /** Its usual pictures, as quantiles of the training data. */
  readonly habits: readonly number[];
  /** Milliseconds of a typical prediction with the first version. */
  readonly typicalMs: number;
  active: string;
  /** The version before, kept for a rollback. */
  previous: string | undefined;
  probation: OnProbation | undefined;
  /** Latencies of confirmed versions. */
  readonly baselines: Map<string, Latencies>;
  /** Versions that failed here, and how. */
  readonly bad: Map<string, 'refused' | 'left'>;
  nextSessionMs: number;
  /** Counts that wait for a network. */
  waiting: Profile[];
  /** The last hour in which it was counted, by version, and whether with a failure. */
  readonly counted: Map<string, { hour: number; failed: boolean }>;
}

/** The kinds of device: tablets of three browsers, and kiosks. */
const KINDS = [
  { backend: 'webgpu', browser: 'chromium', segment: 'tablet' },
  { backend: 'wasm', browser: 'chromium', segment: 'kiosk' },
  { backend: 'wasm', browser: 'webkit', segment: 'tablet' },
  { backend: 'wasm', browser: 'firefox', segment: 'tablet' },
] as const;

export function createDevices(random: Random, nowMs: number): Device[] {
  return Array.from({ length: DEVICES }, (_, i): Device => {
    const kind = KINDS[random.index([5, 2, 2, 1])] ?? KINDS[0];
    const device: Device = {
      installId: random.hex(32),
      // As many devices in each group, as in a large fleet.
      group: i % GROUPS,
      ...kind,
      usedFrom: random.next() * 24,
      usedHours: 7 + 5 * random.next(),
      offlineFrom: random.next() * 24,
      offlineHours: random.chance(0.3) ? 1 + 4 * random.next() : 0,
      cameraOrder: random.next(),
      userOrder: random.next(),
      habits: Array.from({ length: FEATURES }, () => random.next()),
      typicalMs: (kind.backend === 'webgpu' ? 9 : 13) * Math.exp(0.25 * random.normal()),
      active: FIRST_VERSION,
      previous: undefined,
      probation: undefined,
      baselines: new Map(),
      bad: new Map(),
      nextSessionMs: 0,
      waiting: [],
      counted: new Map(),
    };
    device.nextSessionMs = nextSession(random, device, nowMs);
    return device;
  });
}

/** The next session: soon while the device is in use, else after its use begins again. */
export function nextSession(random: Random, device: Device, nowMs: number): number {
  const soon = nowMs + random.exponential(SESSION_EVERY_MS);
  if (isWithin(device.usedFrom, device.usedHours, soon)) return soon;
  const begins = dayOf(soon) + device.usedFrom * HOUR_MS;
  const next = begins > soon ? begins : begins + DAY_MS;
  return next + random.exponential(SESSION_EVERY_MS);
}

export function isOnline({ offlineFrom, offlineHours }: Device, nowMs: number): boolean {
  return !isWithin(offlineFrom, offlineHours, nowMs);
}

/** Whether a time of day is in the hours that begin at `from`, which may pass midnight. */
function isWithin(from: number, hours: number, nowMs: number): boolean {
  const since = (nowMs - dayOf(nowMs)) / HOUR_MS - from;
  return (since < 0 ? since + 24 : since) < hours;
}

const dayOf = (ms: number): number => ms - (ms % DAY_MS);
