import type { DriftOptions } from '../analysis/drift.ts';
import type { Rules } from '../alerts/rules.ts';
import type { CheckResult } from '../monitor/check-models.ts';
import type { StoreOptions } from '../options.ts';

/** Startup options of the thread. All messages between the threads are plain data. */
export interface QueryOptions {
  readonly store: StoreOptions;
  readonly dataDir: string;
  readonly registry: string | undefined;
  readonly rules: Rules;
  readonly drift: DriftOptions;
  readonly windowHours: number;
  readonly minDevices: number;
  /** Whether the main thread has `rollBack`. */
  readonly canRollBack: boolean;
}

export type Query =
  /** Path and query of a GET request. */
  | { readonly kind: 'question'; readonly url: string }
  /** Check every model over the window that ends before this UTC hour. */
  | { readonly kind: 'check'; readonly toHour: number };

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ReadableStream<Uint8Array>;
}

/** Messages to the thread. */
export type Order =
  | { readonly kind: 'query'; readonly id: number; readonly query: Query }
  | { readonly kind: 'close' };

/** Messages from the thread. */
export type Report =
  | { readonly kind: 'done'; readonly id: number; readonly value: Answer | CheckResult }
  | { readonly kind: 'failed'; readonly id: number; readonly error: unknown }
  /** Errors for the operator's log. */
  | { readonly kind: 'log'; readonly what: readonly unknown[] };
