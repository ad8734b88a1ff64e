import type { StreamOptions } from './model-types.ts';
import { whyNoInputs } from './predict-many.ts';
import type { Lent } from './predict-many.ts';

interface StreamPlan {
  readonly newestOnly: boolean;
  /** Most under way at a time. */
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
 * Predictions in the order of their inputs.
 * @param queueAtOnce calls under way at a time while inputs are queued
 * @throws PerigeeError INVALID_INPUT when the inputs are no iterable, INVALID_CONFIG
 */
export async function* predictStream<T, R>(
  inputs: Source<T>, options: StreamOptions, queueAtOnce: number, lent: Lent<T, R>,
): AsyncGenerator<R> {
  lent.checkOptions('predictStream()', options, { ...lent.rules, whenBusy: 'queue|latest' });
  const fault = whyNoInputs(inputs, 'predictStream');
  if (fault) throw new lent.PerigeeError('INVALID_INPUT', fault);
  const { whenBusy = 'queue', signal, ...each } = options;
  const newestOnly = whenBusy === 'latest';
  yield* inOrder(inputs, { newestOnly, atOnce: newestOnly ? 1 : queueAtOnce, signal }, (input, stop) => (
    lent.predict(input, { ...each, signal: stop })
  ));
}

/**
 * Results in the order of their inputs, each as soon as it is there. Inputs are taken no faster
 * than results are, or with `newestOnly` are dropped. The first failure, the signal, or the
 * reader's leaving stops what is under way and closes the source.
 */
async function* inOrder<T, R>(
  inputs: Source<T>, { newestOnly, atOnce, signal }: StreamPlan, work: (input: T, signal: AbortSignal) => Promise<R>,
): AsyncGenerator<R> {
  const underWay: UnderWay<R>[] = [];
  let wake: () => void = () => undefined;
  signal?.throwIfAborted();
  const intake = openIntake(inputs, newestOnly, () => wake());
  // A signal each: runtimes warn of one with as many listeners as there are calls.
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
    // Its failure is told when its turn comes.
    call.result.then(settled, settled);
  }
}

/** After so many inputs in a row that were there at once, timers and messages have their turn. */
const IN_A_ROW = 1_000;

interface Intake<T> {
  /** An input that came and was not taken. */
  readonly held: { readonly value: T } | undefined;
  readonly isOver: boolean;
  /** Asks the source for an input, unless one is there or was asked for. `onChange` says that it came. */
  ask(): void;
  take(): T;
  /** Throws what ended the source, if that was a failure. */
  end(): void;
  close(): Promise<void>;
}

/** What comes from the source. With `newestOnly` it is asked again and again, and an input replaces one that was not taken. */
function openIntake<T>(inputs: Source<T>, newestOnly: boolean, onChange: () => void): Intake<T> {
  const iterator = Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
  let held: { readonly value: T } | undefined;
  let isAsked = false;
  let isOver = false;
  let failure: { readonly error: unknown } | undefined;
  let count = 0;

  async function next(): Promise<void> {
    try {
      const { done, value } = await iterator.next();
      if (done) isOver = true;
      // As `for await` does with a list of promises.
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
      // A source that waits for something closes when that came: the reader does not wait for it.
      if (isAsked) closing.catch(() => undefined);
      else await closing;
    },
  };
}
