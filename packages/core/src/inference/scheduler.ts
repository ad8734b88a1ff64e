import type { WireCall } from '../rpc/protocol.ts';

/** One turn in this many goes to a waiting background call, even if interactive calls wait. */
const BACKGROUND_EVERY = 8;
/** After this much work a worker handles new messages (further calls, cancellations). */
const SLICE_MS = 4;

export interface Scheduler {
  accept(calls: readonly WireCall[]): void;
  /** Removes a call that has not begun from the queue. */
  cancel(id: number): void;
  /** Does other work while no call runs; calls that arrive meanwhile wait. */
  between<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when everything accepted so far is answered. */
  idle(): Promise<void>;
}

export interface SchedulerHost {
  /** Maximum number of calls to run together now. It is asked for when several wait. */
  limit(): number;
  /** Tells the page that these calls begin, then answers each of them. Never rejects. */
  work(calls: readonly WireCall[]): Promise<void>;
  /** After this much work the event loop goes on; default: 4 ms. */
  readonly sliceMs?: number;
}

/**
 * Runs calls in order of arrival, interactive before background. An idle session runs a call at
 * once. Calls that arrive while it is busy run together.
 */
export function createScheduler({ limit, work, sliceMs = SLICE_MS }: SchedulerHost): Scheduler {
  const interactive: WireCall[] = [];
  const background: WireCall[] = [];
  const others: (() => Promise<void>)[] = [];
  let turns = 0;
  let running: Promise<void> | null = null;

  function next(): WireCall[] {
    turns += 1;
    const queue =
      interactive.length === 0 || (background.length > 0 && turns % BACKGROUND_EVERY === 0)
        ? background
        : interactive;
    const [first] = queue;
    if (!first) return [];
    // run() calls are never batched.
    if (first.input.kind === 'feeds') return queue.splice(0, 1);
    const most = queue.length > 1 ? Math.max(1, limit()) : 1;
    let count = 1;
    while (count < most && count < queue.length && queue[count]?.input.kind !== 'feeds') count += 1;
    return queue.splice(0, count);
  }

  async function drain(): Promise<void> {
    let sliceStart = performance.now();
    for (;;) {
      const other = others.shift();
      if (other) await other();
      const calls = next();
      if (calls.length > 0) await work(calls);
      else if (others.length === 0) break;
      if (interactive.length + background.length === 0 || performance.now() - sliceStart < sliceMs)
        continue;
      await letMessagesIn();
      sliceStart = performance.now();
    }
    running = null;
  }

  return {
    accept(calls) {
      for (const call of calls) (call.background ? background : interactive).push(call);
      running ??= drain();
    },
    cancel(id) {
      for (const queue of [interactive, background]) {
        const index = queue.findIndex((call) => call.id === id);
        if (index >= 0) queue.splice(index, 1);
      }
    },
    between(doOther) {
      return new Promise((resolve, reject) => {
        others.push(() => doOther().then(resolve, reject));
        running ??= drain();
      });
    },
    async idle() {
      await running;
    },
  };
}

/** Waits for one turn of the event loop, without the minimum delay that timers have. */
function letMessagesIn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
