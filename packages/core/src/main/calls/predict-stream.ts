import type { StreamOptions } from '../../model-types.ts';
import { whyNoInputs } from './predict-many.ts';
import type { PredictTools } from './predict-many.ts';

interface StreamPlan {
  readonly newestOnly: boolean;
  /** Most calls in flight at a time. */
  readonly atOnce: number;
  readonly signal: AbortSignal | undefined;
}

type Source<T> = AsyncIterable<T> | Iterable<T>;

interface UnderWay<R> {
  readonly result: Promise<R>;
  readonly stop: AbortController;
  isSettled: boolean;
}

/**
 * Yields predictions in the order of their inputs.
 * @param queueAtOnce most calls in flight while inputs are queued, limited by maxQueue
 * @throws PerigeeError INVALID_INPUT when the inputs are not iterable, INVALID_CONFIG
 */
export async function* predictStream<T, R>(
  inputs: Source<T>,
  options: StreamOptions,
  queueAtOnce: number,
  tools: PredictTools<T, R>,
): AsyncGenerator<R> {
  tools.main.checkOptions('predictStream()', options, { ...tools.rules, whenBusy: 'queue|latest' });
  const fault = whyNoInputs(inputs, 'predictStream');
  if (fault) throw new tools.main.PerigeeError('INVALID_INPUT', fault);
  const { whenBusy = 'queue', signal, ...each } = options;
  const newestOnly = whenBusy === 'latest';
  const atOnce = newestOnly ? 1 : Math.min(queueAtOnce, tools.maxQueue);
  yield* inOrder(inputs, { newestOnly, atOnce, signal }, (input, stop) =>
    tools.predict(input, { ...each, signal: stop }),
  );
}

/**
 * Yields results in the order of their inputs, each as soon as it is there. Inputs are read no
 * faster than results are; with `newestOnly` they are read at once and older ones are dropped. The
 * first failure, the signal, or the end of the reader's loop cancels the calls in flight and closes
 * the source.
 */
async function* inOrder<T, R>(
  inputs: Source<T>,
  { newestOnly, atOnce, signal }: StreamPlan,
  work: (input: T, signal: AbortSignal) => Promise<R>,
): AsyncGenerator<R> {
  const underWay: UnderWay<R>[] = [];
  let wake: () => void = () => undefined;
  signal?.throwIfAborted();
  const intake = openIntake(inputs, newestOnly, () => wake());
  // Each call has its own signal: runtimes warn about a signal with this many listeners.
  const stopAll = (): void => {
    underWay.forEach(({ stop }) => stop.abort(signal?.reason));
    wake();
  };
  signal?.addEventListener('abort', stopAll);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const [oldest] = underWay;
      if (oldest?.isSettled) {
        underWay.shift();
        yield await oldest.result;
      } else if (underWay.length < atOnce && intake.held) begin(intake.take());
      else if (intake.isOver && !oldest) return intake.end();
      else {
        const changed = new Promise<void>((resolve) => (wake = resolve));
        if (underWay.length < atOnce) intake.ask();
        await changed;
      }
    }
  } finally {
    signal?.removeEventListener('abort', stopAll);
    stopAll();
    await intake.close();
  }

  function begin(input: T): void {
    const stop = new AbortController();
    const call: UnderWay<R> = { result: work(input, stop.signal), stop, isSettled: false };
    underWay.push(call);
    const settled = (): void => {
      call.isSettled = true;
      wake();
    };
    // Report its failure when its result is due.
    call.result.then(settled, settled);
  }
}

/** After this many inputs in a row, let timers and messages run. */
const IN_A_ROW = 1_000;

interface Intake<T> {
  /** An input that arrived and was not taken. */
  readonly held: { readonly value: T } | undefined;
  readonly isOver: boolean;
  /**
   * Asks the source for an input, unless one is held or requested. `onChange` is called when it
   * arrives.
   */
  ask(): void;
  take(): T;
  /** Throws the error that ended the source, if any. */
  end(): void;
  close(): Promise<void>;
}

/**
 * Reads the source. With `newestOnly` the source is read continuously, and a new input replaces one
 * that was not taken.
 */
function openIntake<T>(inputs: Source<T>, newestOnly: boolean, onChange: () => void): Intake<T> {
  const iterator =
    Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
  let held: { readonly value: T } | undefined;
  let isAsked = false;
  let isOver = false;
  let failure: { readonly error: unknown } | undefined;
  let count = 0;

  async function next(): Promise<void> {
    try {
      const { done, value } = await iterator.next();
      if (done) isOver = true;
      // Await promises in a sync iterable, as `for await` does.
      else held = { value: await value };
    } catch (error) {
      isOver = true;
      failure = { error };
    }
    if (newestOnly && ++count % IN_A_ROW === 0) await new Promise((resolve) => setTimeout(resolve));
    isAsked = false;
    onChange();
    if (newestOnly) ask();
  }

  function ask(): void {
    if (isAsked || isOver || (held && !newestOnly)) return;
    isAsked = true;
    void next();
  }

  return {
    get held() {
      return held;
    },
    get isOver() {
      return isOver;
    },
    ask,
    take() {
      const { value } = held as { readonly value: T };
      held = undefined;
      return value;
    },
    end() {
      if (failure) throw failure.error;
    },
    async close() {
      if (isOver) return;
      isOver = true;
      const closing = (async () => iterator.return?.())();
      // A source that is waiting closes only when its wait ends. Do not make the reader wait for
      // that.
      if (isAsked) closing.catch(() => undefined);
      else await closing;
    },
  };
}
