import type { CollectorStore } from '../../store/store.ts';
import type { Alert, AlertEvent } from '../alert.ts';
import type { Route } from '../thresholds.ts';
import type { Clock } from './clock.ts';
import { noticeOf } from './notifier.ts';
import type { Notifier } from './notifier.ts';
import { dueGroups, groupOf, loadQueue, postponed, saveQueue, withNew } from './queue.ts';
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
  /** Stops the timers and waits briefly for messages in progress. The rest stays in the store. */
  close(): Promise<void>;
}

/**
 * One problem often opens several alerts within seconds. They are sent as one message per version.
 */
const GROUP_WAIT_MS = 30_000;
const CLOSE_WAIT_MS = 5_000;

export function createDispatcher({
  notifiers,
  routes,
  clock,
  ...rest
}: DispatcherOptions): Dispatcher {
  const senders = Object.entries(notifiers).map(([name, notifier]) =>
    createSender(name, notifier, routes, { clock, ...rest }),
  );
  const each = async (work: (sender: Sender) => Promise<void>): Promise<void> =>
    void (await Promise.all(senders.map(work)));
  return {
    start: () => each((sender) => sender.start()),
    enqueue: (events) => each((sender) => sender.enqueue(events)),
    close: () => each((sender) => sender.close()),
  };
}

type Sender = Dispatcher;

/** One notifier with its own queue, so that a notifier that hangs does not delay others. */
function createSender(
  name: string,
  notifier: Notifier,
  routes: readonly Route[],
  { store, publicUrl, logger, clock }: Omit<DispatcherOptions, 'notifiers' | 'routes'>,
): Sender {
  let queue: Delivery[] = [];
  let loading: Promise<void> | undefined;
  let sending: Promise<void> = Promise.resolve();
  let saving: Promise<void> = Promise.resolve();
  let cancel = (): void => {};
  let closed = false;

  /**
   * Loads the queue once; after a store failure, again at the next call. Events queued meanwhile
   * are kept.
   */
  async function load(): Promise<void> {
    loading ??= loadQueue(store, name).then((kept) => void (queue = withNew(kept, queue).queue));
    try {
      await loading;
    } catch (error) {
      loading = undefined;
      logger.error(
        `The undelivered alerts of the notifier "${name}" could not be read; they are read ` +
          'again with the next alert.',
        error,
      );
    }
  }

  /**
   * Saves run one after the other, each with the current queue, so that an older one never
   * overwrites a newer one.
   */
  function save(): Promise<void> {
    saving = saving
      .then(async () => {
        // Before the stored queue is loaded, saving would overwrite it.
        if (loading) await saveQueue(store, name, queue, clock.now());
      })
      .catch((error: unknown) =>
        logger.error(
          `The undelivered alerts of the notifier "${name}" could not be stored; they are lost ` +
            'if the collector stops now.',
          error,
        ),
      );
    return saving;
  }

  function schedule(): void {
    cancel();
    cancel = () => {};
    if (closed || queue.length === 0) return;
    const dueMs = queue.reduce(
      (earliest, one) => Math.min(earliest, one.dueMs),
      Number.POSITIVE_INFINITY,
    );
    cancel = clock.after(
      Math.max(0, dueMs - clock.now()),
      () => void (sending = sending.then(sendDue)),
    );
  }

  async function sendDue(): Promise<void> {
    for (const group of dueGroups(queue, clock.now())) {
      if (closed) return;
      await sendGroup(group);
    }
    schedule();
  }

  async function sendGroup(group: readonly Delivery[]): Promise<void> {
    const [first, ...others] = group;
    if (!first) return;
    const ids = new Set(group.map(({ notice }) => notice.id));
    let later: Delivery[] = [];
    try {
      await notifier.send(groupOf([first, ...others], publicUrl));
    } catch (error) {
      const nowMs = clock.now();
      later = group.flatMap((one) => postponed(one, nowMs) ?? []);
      const { model, version } = first.notice;
      logger.error(
        `"${name}" did not deliver ${group.length} alert events of ${model}@${version}; ` +
          `${later.length} are tried ` +
          `again${later.length < group.length ? ', the others were tried for a week and are given up' : ''}.`,
        error,
      );
    }
    queue = [...later, ...queue.filter(({ notice }) => !ids.has(notice.id))];
    await save();
  }

  return {
    async start() {
      await load();
      schedule();
    },

    async enqueue(events) {
      const nowMs = clock.now();
      const added = events
        .filter(({ notify, alert }) => notify && isFor(name, routes, alert))
        .map((event) => ({
          notice: noticeOf(event, publicUrl),
          queuedMs: nowMs,
          dueMs: nowMs + GROUP_WAIT_MS,
          failures: 0,
        }));
      if (added.length === 0) return;
      await load();
      const { queue: all, dropped } = withNew(queue, added);
      queue = all;
      if (dropped > 0)
        logger.error(
          `"${name}" has delivered nothing for so long that its ${dropped} oldest alert ` +
            'events were dropped. Check the notifier.',
        );
      await save();
      schedule();
    },

    async close() {
      closed = true;
      cancel();
      let stop = (): void => {};
      await Promise.race([
        sending,
        new Promise<void>((resolve) => void (stop = clock.after(CLOSE_WAIT_MS, resolve))),
      ]);
      stop();
    },
  };
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
