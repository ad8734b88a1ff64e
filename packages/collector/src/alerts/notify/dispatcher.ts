import type { CollectorStore } from '../../store/store.ts';
import type { Alert, AlertEvent } from '../alert.ts';
import type { Route } from '../thresholds.ts';
import type { Clock } from './clock.ts';
import { noticeOf } from './notifier.ts';
import type { Notifier } from './notifier.ts';
import { addDeliveries, closeOutbox, createOutbox, startOutbox } from './outbox.ts';
import type { Outbox } from './outbox.ts';
import type { Delivery } from './queue.ts';

export interface DispatcherOptions {
  readonly store: CollectorStore;
  readonly notifiers: Readonly<Record<string, Notifier>>;
  readonly routes: readonly Route[];
  /** URL of the dashboard, for links. */
  readonly publicUrl: string;
  readonly logger: Pick<Console, 'error'>;
  readonly clock: Clock;
}

/** Sends notifications. Never throws: failures are logged and retried. */
export interface Dispatcher {
  /** Loads the messages that an earlier process could not deliver. */
  start(): Promise<void>;
  /** Resolves once the events are stored. They are sent after the wait of their group. */
  enqueue(events: readonly AlertEvent[]): Promise<void>;
  /** Number of events that are not delivered yet, of all notifiers. */
  waiting(): number;
  /** Stops the timers and waits briefly for messages in progress. The rest stays in the store. */
  close(): Promise<void>;
}

/**
 * One problem often opens several alerts within seconds. They are sent as one message per version.
 */
const GROUP_WAIT_MS = 30_000;

export function createDispatcher({ notifiers, routes, ...rest }: DispatcherOptions): Dispatcher {
  const outboxes = Object.entries(notifiers).map(([name, notifier]) =>
    createOutbox({ name, notifier, ...rest }),
  );
  const forEach = async (work: (outbox: Outbox) => Promise<void>): Promise<void> =>
    void (await Promise.all(outboxes.map(work)));
  return {
    start: () => forEach(startOutbox),
    enqueue: (events) =>
      forEach((outbox) => addDeliveries(outbox, deliveriesOf(events, outbox, routes))),
    waiting: () => outboxes.reduce((sum, { queue }) => sum + queue.length, 0),
    close: () => forEach(closeOutbox),
  };
}

/** The events that this notifier sends. */
function deliveriesOf(
  events: readonly AlertEvent[],
  { name, publicUrl, clock }: Outbox,
  routes: readonly Route[],
): Delivery[] {
  const nowMs = clock.now();
  return events
    .filter(({ notify, alert }) => notify && isFor(name, routes, alert))
    .map((event) => ({
      notice: noticeOf(event, publicUrl),
      queuedMs: nowMs,
      dueMs: nowMs + GROUP_WAIT_MS,
      failures: 0,
    }));
}

/**
 * Matches the severity at opening too: a notifier that reported the opening also reports the end.
 */
function isFor(
  notifier: string,
  routes: readonly Route[],
  { model, severity, openedSeverity }: Alert,
): boolean {
  if (routes.length === 0) return true;
  return routes.some(
    (route) =>
      route.notifier === notifier &&
      (route.model ?? model) === model &&
      (route.severity === undefined ||
        route.severity === severity ||
        route.severity === openedSeverity),
  );
}
