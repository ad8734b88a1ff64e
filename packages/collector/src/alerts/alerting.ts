import type { CollectorStore, StoreReader } from '../store/store.ts';
import type { Alert } from './alert.ts';
import { setBack } from './clock-back.ts';
import { RULE_NAMES } from './finding.ts';
import type { Finding, Undecided } from './finding.ts';
import { systemClock } from './notify/clock.ts';
import type { Clock } from './notify/clock.ts';
import { createDispatcher } from './notify/dispatcher.ts';
import type { Notifier } from './notify/notifier.ts';
import type { Rules } from './rules.ts';
import { step } from './state.ts';

export interface AlertingOptions {
  readonly store: CollectorStore;
  readonly rules: Rules;
  /** By the name that routes call them. */
  readonly notifiers: Readonly<Record<string, Notifier>>;
  /** Where people open the dashboard; every message links there. */
  readonly publicUrl: string;
  /** Default: the console. */
  readonly logger?: Pick<Console, 'error'>;
  /** Default Date.now. */
  readonly now?: () => number;
  /** For tests: timers beside the time. */
  readonly clock?: Clock;
}

export interface Alerting {
  /**
   * What the analysis found in the window that ends with this UTC hour, half-open; [] when all was well. Called for every window, in order; the same
   * one again changes nothing twice. An hour that falls is a clock that was set right. Resolves when the outcome is kept. Never rejects: faults are logged.
   * @param undecided what it could not judge; alerts of it stay as they are, and people are told of faults
   */
  observe(findings: readonly Finding[], windowHour: number, undecided?: readonly Undecided[]): Promise<void>;
  /** Firing, those inhibited and silenced too; the latest opened first. */
  open(): Promise<Alert[]>;
  /** Firing and pending, for metrics. */
  tracked(): Promise<readonly Alert[]>;
  /** Every alert that was opened, as its last event left it; the latest opened first. */
  history(limit: number): Promise<Alert[]>;
  /** Before the store is closed. What was not sent yet is sent after the next start. */
  close(): Promise<void>;
}

interface State {
  readonly format: 1;
  /** Of the last window that was observed. */
  readonly hour: number;
  readonly alerts: readonly Alert[];
}

const HOUR_MS = 3_600_000;
const STATE = 'alert-state';
const ALERT = 'alert';

/** Findings in, alerts kept and people told. @throws Error when a route names a notifier that there is not, or `publicUrl` is none */
export function createAlerting({ store, rules, notifiers, publicUrl, logger = console, now = Date.now, clock = systemClock(now) }: AlertingOptions): Alerting {
  check(rules, notifiers, publicUrl);
  const dispatcher = createDispatcher({ store, notifiers, routes: rules.routes, publicUrl, logger, clock });
  let state: State | undefined;
  /** For the history; what a failing store did not take waits for the next window. */
  const unkept = new Map<string, Alert>();
  let working: Promise<void> = dispatcher.start();

  /** @throws when the store does: without the state everything would open again */
  async function load(): Promise<State> {
    const found = await readState(store);
    return (state ??= found);
  }

  async function observeNow(findings: readonly Finding[], windowHour: number, undecided: readonly Undecided[]): Promise<void> {
    if (!Number.isSafeInteger(windowHour)) throw new Error(`A window's hour is a whole number; got ${windowHour}. Its ${findings.length} findings were left out.`);
    const last = state ?? (await load());
    if (windowHour < last.hour) {
      logger.error(`The clock went back, from hour ${last.hour} to ${windowHour}; alerts go on from there.`);
      state = { ...last, hour: windowHour, alerts: setBack(last.alerts, windowHour) };
    }
    const { alerts: before } = state ?? last;
    const { alerts, events } = step(before, findings, rules, { nowMs: windowHour * HOUR_MS, seenAtMs: clock.now() }, undecided);
    // Messages first: a crash in between repeats the window, which adds none twice; the other way round they would be lost.
    await dispatcher.enqueue(events);
    state = { format: 1, hour: windowHour, alerts };
    for (const { alert } of events) unkept.set(alert.id, alert);
    await store.put(STATE, 'current', state, clock.now());
    for (const [id, alert] of unkept) {
      await store.put(ALERT, id, alert, alert.openedAtMs ?? 0);
      unkept.delete(id);
    }
  }

  return {
    observe(findings, windowHour, undecided = []) {
      working = working.then(() => observeNow(findings, windowHour, undecided)).catch((error: unknown) => logger.error('The alerts of a window could not be worked out or kept.', error));
      return working;
    },
    async tracked() {
      return (state ?? (await load())).alerts;
    },
    async open() {
      const { alerts } = state ?? (await load());
      return alerts.filter((alert) => alert.state === 'firing').toSorted((a, b) => (b.openedAtMs ?? 0) - (a.openedAtMs ?? 0));
    },
    async history(limit) {
      return (await store.list(ALERT, limit)).map(({ body }) => body as Alert);
    },
    async close() {
      await working;
      await dispatcher.close();
    },
  };
}

async function readState(store: Pick<StoreReader, 'list'>): Promise<State> {
  const found = (await store.list(STATE, 1))[0]?.body as State | undefined;
  if (found?.format !== 1) return { format: 1, hour: 0, alerts: [] };
  // A newer collector may have had more rules.
  return { ...found, alerts: found.alerts.filter(({ rule }) => RULE_NAMES.includes(rule)) };
}

/** Firing and pending, as the last window left them. */
export async function trackedAlerts(store: Pick<StoreReader, 'list'>): Promise<readonly Alert[]> {
  return (await readState(store)).alerts;
}

function check({ routes }: Rules, notifiers: Readonly<Record<string, Notifier>>, publicUrl: string): void {
  const names = Object.keys(notifiers);
  for (const [i, { notifier }] of routes.entries()) {
    if (!Object.hasOwn(notifiers, notifier)) throw new Error(`$.routes[${i}].notifier of the alert rules: there is no notifier "${notifier}"; expected ${names.map((name) => `"${name}"`).join(' or ') || 'one, but none is set up'}. Set it up, or correct the route.`);
  }
  if (!URL.canParse(publicUrl) || !/^https?:/.test(publicUrl)) throw new Error(`publicUrl: expected the URL people open the dashboard at, like https://perigee.example.com/, got "${publicUrl}".`);
}
