import type { CollectorStore } from '../../store/store.ts';
import { addToLog } from '../log/alert-log.ts';
import type { Clock } from './clock.ts';
import type { Notifier } from './notifier.ts';
import { dueGroups, groupOf, loadQueue, postponed, saveQueue, withNew } from './queue.ts';
import type { Delivery } from './queue.ts';

const CLOSE_WAIT_MS = 5_000;

export interface OutboxOptions {
  readonly name: string;
  readonly notifier: Notifier;
  readonly store: CollectorStore;
  /** URL of the dashboard, for links. */
  readonly publicUrl: string;
  readonly logger: Pick<Console, 'error'>;
  readonly clock: Clock;
}

/**
 * The messages that one notifier has yet to deliver. Each notifier has its own, so that a notifier
 * that hangs does not delay others.
 */
export interface Outbox extends OutboxOptions {
  queue: Delivery[];
  /** Settles once the queue of an earlier process is in `queue`. Undefined until it is requested. */
  loading: Promise<void> | undefined;
  sending: Promise<void>;
  saving: Promise<void>;
  /** Cancels the timer of the next delivery. */
  cancelTimer: () => void;
  isClosed: boolean;
}

export function createOutbox(options: OutboxOptions): Outbox {
  return {
    ...options,
    queue: [],
    loading: undefined,
    sending: Promise.resolve(),
    saving: Promise.resolve(),
    cancelTimer: () => undefined,
    isClosed: false,
  };
}

/** Loads the messages that an earlier process could not deliver, and sends them when due. */
export async function startOutbox(outbox: Outbox): Promise<void> {
  await load(outbox);
  schedule(outbox);
}

/** Resolves once the messages are stored. */
export async function addDeliveries(outbox: Outbox, added: readonly Delivery[]): Promise<void> {
  if (added.length === 0) return;
  await load(outbox);
  const { queue, dropped } = withNew(outbox.queue, added);
  outbox.queue = queue;
  if (dropped > 0)
    outbox.logger.error(
      `"${outbox.name}" has delivered nothing for so long that its ${dropped} oldest alert ` +
        'events were dropped. Check the notifier.',
    );
  await save(outbox);
  schedule(outbox);
}

/** Stops the timer and waits briefly for messages in progress. The rest stays in the store. */
export async function closeOutbox(outbox: Outbox): Promise<void> {
  outbox.isClosed = true;
  outbox.cancelTimer();
  let stopWaiting = (): void => undefined;
  const waited = new Promise<void>((resolve) => {
    stopWaiting = outbox.clock.after(CLOSE_WAIT_MS, resolve);
  });
  await Promise.race([outbox.sending, waited]);
  stopWaiting();
}

/**
 * Loads the queue once; after a store failure, again at the next call. Messages that were added
 * meanwhile are kept.
 */
async function load(outbox: Outbox): Promise<void> {
  const { store, name, logger } = outbox;
  outbox.loading ??= loadQueue(store, name).then((stored) => {
    outbox.queue = withNew(stored, outbox.queue).queue;
  });
  try {
    await outbox.loading;
  } catch (error) {
    outbox.loading = undefined;
    logger.error(
      `The undelivered alerts of the notifier "${name}" could not be read; they are read ` +
        'again with the next alert.',
      error,
    );
  }
}

/**
 * Saves run one after the other, each with the current queue, so that an older one never overwrites
 * a newer one.
 */
function save(outbox: Outbox): Promise<void> {
  const { store, name, logger, clock } = outbox;
  outbox.saving = outbox.saving
    .then(async () => {
      // Before the stored queue is loaded, saving would overwrite it.
      if (outbox.loading) await saveQueue(store, name, outbox.queue, clock.now());
    })
    .catch((error: unknown) =>
      logger.error(
        `The undelivered alerts of the notifier "${name}" could not be stored; they are lost ` +
          'if the collector stops now.',
        error,
      ),
    );
  return outbox.saving;
}

/** Sets the timer to the earliest delivery. */
function schedule(outbox: Outbox): void {
  const { queue, clock } = outbox;
  outbox.cancelTimer();
  outbox.cancelTimer = () => undefined;
  if (outbox.isClosed || queue.length === 0) return;
  const dueMs = queue.reduce((earliest, one) => Math.min(earliest, one.dueMs), Infinity);
  outbox.cancelTimer = clock.after(Math.max(0, dueMs - clock.now()), () => {
    outbox.sending = outbox.sending.then(() => sendDue(outbox));
  });
}

async function sendDue(outbox: Outbox): Promise<void> {
  for (const group of dueGroups(outbox.queue, outbox.clock.now())) {
    if (outbox.isClosed) return;
    await sendGroup(outbox, group);
  }
  schedule(outbox);
}

async function sendGroup(outbox: Outbox, group: readonly Delivery[]): Promise<void> {
  const [first, ...others] = group;
  if (!first) return;
  const ids = new Set(group.map(({ notice }) => notice.id));
  let later: Delivery[] = [];
  try {
    await outbox.notifier.send(groupOf([first, ...others], outbox.publicUrl));
    await logTold(outbox, group);
  } catch (error) {
    const nowMs = outbox.clock.now();
    later = group.flatMap((one) => postponed(one, nowMs) ?? []);
    outbox.logger.error(failureText(outbox.name, group, later), error);
  }
  outbox.queue = [...later, ...outbox.queue.filter(({ notice }) => !ids.has(notice.id))];
  await save(outbox);
}

/** Notes who was told. A failure is no reason to tell people again. */
async function logTold(
  { store, name, clock, logger }: Outbox,
  group: readonly Delivery[],
): Promise<void> {
  for (const { notice } of group) {
    const { id, alert, event } = notice;
    await addToLog(
      store,
      `${id}:${name}`,
      { kind: 'told', alert, notifier: name, event },
      clock.now(),
    ).catch((error: unknown) =>
      logger.error(`That "${name}" was told of the alert ${alert} could not be noted.`, error),
    );
  }
}

function failureText(name: string, group: readonly Delivery[], later: readonly Delivery[]): string {
  const { model, version } = group[0]?.notice ?? {};
  const givenUp =
    later.length < group.length ? ', the others were tried for a week and are given up' : '';
  return (
    `"${name}" did not deliver ${group.length} alert events of ${model}@${version}; ` +
    `${later.length} are tried again${givenUp}.`
  );
}
