/** Answer of GET /v1/alerts/:id, and of the marks on time axes. Types only. */
import type { AlertView, Estimate } from './api.ts';

/** GET /v1/alerts/:id: everything that one needs to act. */
export interface AlertAnswer {
  readonly alert: AlertView;
  /** Alerts with the same cause: of the same version, with about the same first bad hour. */
  readonly related: readonly AlertView[];
  /** Null where nothing of the version was counted since. */
  readonly affected: Affected | null;
  /** The first bad hour by the figures of single hours; may be before `alert.since`. */
  readonly began: string;
  /** Null where the counts cannot be read. */
  readonly course: Course | null;
  /** Events in the three days before the first bad hour, latest first. */
  readonly changes: readonly Mark[];
  /** Null without an earlier version that was counted. */
  readonly previous: PreviousRelease | null;
  /** The most likely causes, and a check for each. */
  readonly causes: readonly LikelyCause[];
  readonly rollback: Rollback;
  readonly guard: GuardState;
  /** Path of the page with the steps to take, on this collector. */
  readonly runbook: string;
  readonly history: readonly AlertHappening[];
  /** Why a part of this answer is missing, in sentences. */
  readonly faults: readonly string[];
}

/** The part of the fleet that runs the version (and is in the segment) of the alert. */
export interface Affected {
  readonly from: string;
  readonly to: string;
  /** A device that counted in two hours is counted twice. */
  readonly deviceHours: number;
  /** The most device-hours of one hour: at least as many devices run the version. */
  readonly mostDevices: number;
  /** Share of all device-hours of the model, 0 to 1; null without any. */
  readonly share: number | null;
  /** The part that differs most, beyond chance; null if none does. */
  readonly differsMostBy: DifferingPart | null;
  /** Parts with enough devices, the worst of each dimension first. */
  readonly parts: readonly FleetPart[];
  readonly unit: 'distance' | 'share' | 'ms' | 'number' | null;
}

export interface FleetPart {
  readonly dimension: 'backend' | 'browser' | 'segment' | 'version';
  readonly name: string;
  readonly deviceHours: number;
  readonly value: Estimate;
}

export interface DifferingPart extends FleetPart {
  /** The same figure for everything else in this dimension. */
  readonly others: Estimate;
}

/** The figure of the alert by hour, for a small chart. */
export interface Course {
  readonly unit: 'distance' | 'share' | 'ms' | 'number' | 'predictions';
  readonly from: string;
  readonly to: string;
  readonly stepHours: number;
  /** Null where too little was counted. */
  readonly points: readonly { readonly at: string; readonly value: number | null }[];
  /** Null where hours cannot be held against the threshold. */
  readonly threshold: number | null;
  /** The bad hours: half-open. */
  readonly bad: { readonly from: string; readonly to: string };
}

/** GET /v1/models/:name/marks?from=&to= : what happened, for time axes. Oldest first. */
export interface MarksAnswer {
  readonly model: string;
  readonly from: string;
  readonly to: string;
  readonly marks: readonly Mark[];
}

export interface Mark {
  readonly at: string;
  readonly kind:
    | 'released'
    | 'rollout'
    | 'rolled-back'
    | 'revoked'
    | 'alert-opened'
    | 'alert-resolved'
    | 'rules-changed';
  /** '' where it is not about one version. */
  readonly version: string;
  readonly text: string;
  /** Id of the alert it is about; null otherwise. */
  readonly alert: string | null;
}

export interface PreviousRelease {
  readonly version: string;
  /** The hours of the earlier version that are shown. */
  readonly from: string;
  readonly to: string;
  readonly rows: readonly {
    readonly name: string;
    readonly unit: 'share' | 'ms' | 'distance' | 'number';
    readonly current: Estimate | null;
    readonly previous: Estimate | null;
  }[];
}

export interface LikelyCause {
  readonly cause: string;
  readonly check: string;
  /** A command of the check; null without one. */
  readonly command: string | null;
}

export interface Rollback {
  /** One for each channel that gives the version; [] if none can be taken back. */
  readonly steps: readonly RollbackStep[];
  /** Whether it helps, or why there is nothing to roll back. */
  readonly advice: string;
  /** Whether the collector holds the keys, so that POST /v1/alerts/:id/rollback does a step. */
  readonly canRun: boolean;
}

export interface RollbackStep {
  readonly channel: string;
  /** The version that all devices of the channel get then. */
  readonly version: string;
  /** The command to copy. */
  readonly command: string;
}

/** The answer of POST /v1/alerts/:id/rollback. */
export interface RollbackAnswer {
  readonly channel: string;
  /** The version that the channel names now. */
  readonly version: string;
  /** False if the channel was back already. */
  readonly changed: boolean;
}

export interface GuardState {
  readonly state: 'no-rollout' | 'watching' | 'harm' | 'acted';
  readonly text: string;
  /** When a guard last asked this collector; null if none did. */
  readonly lastSeen: string | null;
}

export interface AlertHappening {
  readonly at: string;
  readonly kind:
    | 'began'
    | 'opened'
    | 'worse'
    | 'told'
    | 'acknowledged'
    | 'snoozed'
    | 'woken'
    | 'rolled-back'
    | 'resolved';
  readonly text: string;
}
