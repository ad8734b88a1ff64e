/** Messages between the page and the worker that simulates the fleet. */

/** Ways in which a version can be bad. */
export type Fault = 'golden' | 'throws' | 'slow' | 'inaccurate';

/** Changes in the world of the devices. Each value is a share of the devices, 0 to 1. */
export interface Knobs {
  /** Devices whose camera takes dark pictures. */
  readonly dark: number;
  /** Devices with users who write in another way. */
  readonly newUsers: number;
}

export type Knob = keyof Knobs;

/** Commands of the page. */
export type Command =
  /** A page that nobody looks at needs no simulation. */
  | { readonly type: 'pause'; readonly paused: boolean }
  | { readonly type: 'speed'; readonly speed: number }
  /** Simulates so many hours as fast as the machine can. */
  | { readonly type: 'skip'; readonly hours: number }
  | { readonly type: 'ship'; readonly fault: Fault | null; readonly percent: number }
  | { readonly type: 'percent'; readonly percent: number }
  | { readonly type: 'everyone' }
  | { readonly type: 'roll-back' }
  | { readonly type: 'retrain'; readonly percent: number }
  | { readonly type: 'knob'; readonly knob: Knob; readonly share: number };

/** States of a device, in the order of the bytes that stand for them. */
export const DEVICE_STATES = ['stable', 'trial', 'new', 'refused', 'left', 'older'] as const;
export type DeviceState = (typeof DEVICE_STATES)[number];
/** Added to the byte of a device that has no network. */
export const OFFLINE = 16;

export interface LogEntry {
  readonly id: number;
  readonly atMs: number;
  readonly kind: 'publisher' | 'device' | 'guard' | 'alert' | 'world';
  readonly tone: 'plain' | 'good' | 'warn' | 'bad';
  readonly text: string;
  /** Devices that did the same; the text is about the first of them. */
  readonly devices: number;
  /** Equal for entries that are counted as one. */
  readonly about?: string;
}

/** A mark on the time axis. */
export interface Mark {
  readonly atMs: number;
  readonly kind: 'released' | 'step' | 'knob' | 'alert' | 'rolled-back' | 'everyone';
  readonly text: string;
}

/** Figures of the collector at one moment, for the hours before it. Null: too few counts. */
export interface Point {
  readonly atMs: number;
  /** Share of feedback that says the answer was right. */
  readonly measured: number | null;
  /** Accuracy estimated from confidence. */
  readonly estimated: number | null;
  /** Largest drift of a feature ÷ its threshold; from 1 on it matters. */
  readonly drift: number | null;
  readonly driftOf: string;
}

/** The button of an alert: the command that removes its likely cause. */
export interface Remedy {
  readonly label: string;
  readonly command: Command;
}

/** Open alerts with one likely cause. */
export interface AlertCard {
  readonly id: string;
  readonly versions: readonly string[];
  readonly isUrgent: boolean;
  /** The first bad hour, and when the collector was sure. */
  readonly sinceMs: number;
  readonly openedMs: number;
  readonly headline: string;
  /** One for each rule, as the collector words it. */
  readonly findings: readonly { readonly rule: string; readonly summary: string }[];
  /** The features that drift, largest first. */
  readonly features: readonly string[];
  /** Segments that have the alert too. */
  readonly segments: readonly string[];
  /** Device-hours behind it. */
  readonly devices: number;
  readonly accuracy: { readonly before: number; readonly now: number } | null;
  readonly cause: string;
  readonly remedy: Remedy | null;
  /** The next step, or the remedy. */
  readonly next: string;
}

/** One comparison of the new version with the old one. */
export interface Evidence {
  readonly name: string;
  readonly unit: 'share' | 'ms';
  readonly champion: number;
  readonly challenger: number;
  /** Odds against "no worse". The guard needs 100 to 1. */
  readonly eValue: number;
}

export interface GuardState {
  readonly outcome: 'idle' | 'waiting' | 'too-little-data' | 'no-harm-seen' | 'acted';
  readonly version: string;
  readonly reasons: readonly string[];
  readonly evidence: readonly Evidence[];
}

export interface Snapshot {
  readonly nowMs: number;
  readonly startedMs: number;
  readonly speed: number;
  /** Hours that are still skipped. */
  readonly skipping: number;
  readonly knobs: Knobs;
  /** One byte a device: an index of DEVICE_STATES, plus OFFLINE. */
  readonly dots: Uint8Array;
  readonly counts: Readonly<Record<DeviceState, number>>;
  readonly offline: number;
  readonly stable: string;
  readonly rollout: { readonly version: string; readonly percent: number } | null;
  /** Whether there is a rollout, or a version before, to go back to. */
  readonly canGoBack: boolean;
  /** The version that would be shipped next. */
  readonly next: string;
  /** The latest version that was shipped, and what is wrong with it. */
  readonly latest: { readonly version: string; readonly fault: Fault | null } | null;
  readonly bytes: {
    readonly fetched: number;
    /** Bytes of the same updates without deltas and without chunks that are kept. */
    readonly full: number;
    readonly updates: number;
    readonly uploaded: number;
  };
  readonly predictions: number;
  readonly points: readonly Point[];
  readonly marks: readonly Mark[];
  readonly alerts: readonly AlertCard[];
  readonly guard: GuardState;
  readonly log: readonly LogEntry[];
}
