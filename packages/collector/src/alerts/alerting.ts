import type { CollectorStore, StoreReader } from '../store/store.ts';
import { findingsOf } from './alert.ts';
import type { Alert, AlertEvent } from './alert.ts';
import { setBack } from './clock-back.ts';
import { RULE_NAMES } from './finding.ts';
import type { Finding, Undecided } from './finding.ts';
import { addToLog, readLog, responsesOf } from './log/alert-log.ts';
import type { LogEntry } from './log/alert-log.ts';
import { systemClock } from './notify/clock.ts';
import type { Clock } from './notify/clock.ts';
import { createDispatcher } from './notify/dispatcher.ts';
import type { Notifier } from './notify/notifier.ts';
import type { Rules } from './rules.ts';
import { step } from './state.ts';
import { headlineOf } from './words/headline.ts';

export interface AlertingOptions {
  readonly store: CollectorStore;
  readonly rules: Rules;
  /** Notifiers by name; routes refer to these names. */
  readonly notifiers: Readonly<Record<string, Notifier>>;
  /** URL of the dashboard, for links in messages. */
  readonly publicUrl: string;
  /** Default: the console. */
  readonly logger?: Pick<Console, 'error'>;
  /** Default: Date.now. */
  readonly now?: () => number;
  /** Time and timers, replaced in tests. */
  readonly clock?: Clock;
}

export interface Alerting {
  /**
   * Processes the findings of the window that ends with this UTC hour (half-open); [] if there are
   * none. Call it for every window, in order. Repeating a window has no further effect. A smaller
   * hour means that the clock was corrected. Resolves once the result is stored. Never rejects;
   * errors are logged.
   * @param undecided what the analysis could not decide: those alerts stay unchanged, and faults
   * open alerts
   */
  observe(
    findings: readonly Finding[],
    windowHour: number,
    undecided?: readonly Undecided[],
  ): Promise<void>;
  /** Firing alerts, including inhibited and silenced ones, latest first. */
  open(): Promise<Alert[]>;
  /** Firing and pending alerts, for metrics. */
  tracked(): Promise<readonly Alert[]>;
  /** Every alert that was opened, as of its last event, latest first. */
  history(limit: number): Promise<Alert[]>;
  /** Number of messages that are not delivered yet. */
  waiting(): number;
  /** Call before closing the store. Undelivered messages are sent after the next start. */
  close(): Promise<void>;
}

interface State {
  readonly format: 1;
  /** End of the last observed window. */
  readonly hour: number;
  readonly alerts: readonly Alert[];
}

const HOUR_MS = 3_600_000;
const STATE = 'alert-state';
const ALERT = 'alert';

/**
 * Turns findings into stored alerts and notifications.
 * @throws Error when a route names an unknown notifier, or `publicUrl` is not a URL
 */
export function createAlerting({
  store,
  rules,
  notifiers,
  publicUrl,
  logger = console,
  now = Date.now,
  clock = systemClock(now),
}: AlertingOptions): Alerting {
  check(rules, notifiers, publicUrl);
  const dispatcher = createDispatcher({
    store,
    notifiers,
    routes: rules.routes,
    publicUrl,
    logger,
    clock,
  });
  let state: State | undefined;
  /**
   * Alerts for the history that are not stored yet. After a store failure they are retried with the
   * next window.
   */
  const unkept = new Map<string, Alert>();
  const snoozedNow = createSnoozes(store, clock, logger);
  const unlogged = new Map<string, AlertEvent>();
  let working: Promise<void> = dispatcher.start();

  /** @throws when the store fails: without the state, every alert would open again */
  async function load(): Promise<State> {
    const found = await readState(store);
    return (state ??= found);
  }

  async function observeNow(
    findings: readonly Finding[],
    windowHour: number,
    undecided: readonly Undecided[],
  ): Promise<void> {
    if (!Number.isSafeInteger(windowHour))
      throw new Error(
        `A window's hour is a whole number; got ${windowHour}. Its ` +
          `${findings.length} findings were left out.`,
      );
    const last = state ?? (await load());
    if (windowHour < last.hour) {
      logger.error(
        `The clock went back, from hour ${last.hour} to ${windowHour}; alerts continue from there.`,
      );
      state = { ...last, hour: windowHour, alerts: setBack(last.alerts, windowHour) };
    }
    const { alerts: before } = state ?? last;
    const { alerts, events } = step(
      before,
      findings,
      rules,
      { nowMs: windowHour * HOUR_MS, seenAtMs: clock.now() },
      undecided,
      await snoozedNow(),
    );
    // Queue messages first. A crash in between repeats the window, which adds no message twice. In
    // the other order, messages would be lost.
    await dispatcher.enqueue(events);
    state = { format: 1, hour: windowHour, alerts };
    for (const event of events) {
      unkept.set(event.alert.id, event.alert);
      unlogged.set(event.id, event);
    }
    await store.put(STATE, 'current', state, clock.now());
    for (const [id, alert] of unkept) {
      await store.put(ALERT, id, alert, alert.openedAtMs ?? 0);
      unkept.delete(id);
    }
    for (const [id, event] of unlogged) {
      await addToLog(store, id, entryOf(event), event.atMs);
      unlogged.delete(id);
    }
  }

  return {
    waiting: () => dispatcher.waiting(),
    observe(findings, windowHour, undecided = []) {
      working = working
        .then(() => observeNow(findings, windowHour, undecided))
        .catch((error: unknown) =>
          logger.error(
            'The alerts of a window could not be evaluated or stored; the next check tries again.',
            error,
          ),
        );
      return working;
    },
    async tracked() {
      return (state ?? (await load())).alerts;
    },
    async open() {
      return firing((state ?? (await load())).alerts);
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

/** Reads which alerts are snoozed. */
function createSnoozes(
  store: CollectorStore,
  clock: Clock,
  logger: Pick<Console, 'error'>,
): () => Promise<ReadonlySet<string>> {
  let snoozed: ReadonlySet<string> = new Set();
  return async () => {
    try {
      const responses = await responsesOf(store, await readLog(store), clock.now());
      snoozed = new Set(
        [...responses].flatMap(([alert, response]) => (response.snoozed ? [alert] : [])),
      );
    } catch (error) {
      // Alerts matter more than quiet.
      logger.error('The snoozes of alerts could not be read; the last known ones hold.', error);
    }
    return snoozed;
  };
}

function entryOf({ type, why, alert }: AlertEvent): LogEntry {
  const { id, severity } = alert;
  return { kind: type, alert: id, severity, headline: headlineOf(findingsOf(alert)), why };
}

/** The open alerts, the latest first. */
function firing(alerts: readonly Alert[]): Alert[] {
  return alerts
    .filter(({ state }) => state === 'firing')
    .toSorted((a, b) => (b.openedAtMs ?? 0) - (a.openedAtMs ?? 0));
}

async function readState(store: Pick<StoreReader, 'list'>): Promise<State> {
  const found = (await store.list(STATE, 1))[0]?.body as State | undefined;
  if (found?.format !== 1) return { format: 1, hour: 0, alerts: [] };
  // Drop alerts of rules that only a newer collector knows.
  return { ...found, alerts: found.alerts.filter(({ rule }) => RULE_NAMES.includes(rule)) };
}

/** Firing and pending alerts, as of the last window. */
export async function trackedAlerts(store: Pick<StoreReader, 'list'>): Promise<readonly Alert[]> {
  return (await readState(store)).alerts;
}

function check(
  { routes }: Rules,
  notifiers: Readonly<Record<string, Notifier>>,
  publicUrl: string,
): void {
  const names = Object.keys(notifiers);
  for (const [i, { notifier }] of routes.entries()) {
    if (!Object.hasOwn(notifiers, notifier))
      throw new Error(
        `$.routes[${i}].notifier of the alert rules: there is no notifier "${notifier}"; ` +
          'expected ' +
          `${names.map((name) => `"${name}"`).join(' or ') || 'one, but none is set up'}. Set ` +
          'it up, or correct the route.',
      );
  }
  if (!URL.canParse(publicUrl) || !/^https?:/.test(publicUrl))
    throw new Error(
      'publicUrl: expected the URL at which people open the dashboard, like ' +
        `https://perigee.example.com/, got "${publicUrl}".`,
    );
}
