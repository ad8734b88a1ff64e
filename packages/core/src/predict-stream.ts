export interface StreamPlan {
  /** `queue`: every input, in order. `latest`: the newest there is when there is room for one. */
  readonly whenBusy: 'queue' | 'latest';
  /** Most under way at a time. */
  readonly atOnce: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Results in the order of their inputs. Inputs are taken no faster than results are (`queue`), or are dropped (`latest`). The first failure,
 * the signal, or the reader's leaving stops what is under way.
 */
export async function* predictStream<T, R>(inputs: AsyncIterable<T> | Iterable<T>, { whenBusy, atOnce, signal }: StreamPlan, work: (input: T, signal: AbortSignal) => Promise<R>): AsyncGenerator<R> {
  // A signal each: runtimes warn of one with as many listeners as there are calls.
  const underWay: { readonly result: Promise<R>; readonly stop: AbortController }[] = [];
  const stopAll = (): void => underWay.forEach(({ stop }) => stop.abort(signal?.reason));
  signal?.throwIfAborted();
  signal?.addEventListener('abort', stopAll, { once: true });
  try {
    for await (const input of whenBusy === 'latest' ? newest(inputs) : inputs) {
      signal?.throwIfAborted();
      const stop = new AbortController();
      const result = work(input, stop.signal);
      // Its failure is told when its turn comes.
      result.catch(() => undefined);
      underWay.push({ result, stop });
      if (underWay.length >= atOnce) yield await first(underWay);
    }
    while (underWay.length > 0) yield await first(underWay);
  } finally {
    signal?.removeEventListener('abort', stopAll);
    stopAll();
  }
}

/** The result of the oldest, which is under way until it is there. */
async function first<R>(underWay: { readonly result: Promise<R> }[]): Promise<R> {
  const result = await underWay[0]?.result;
  underWay.shift();
  return result as R;
}

/** The newest value whenever one is asked for; those that came and were not asked for in time are dropped. The last one never is. */
async function* newest<T>(inputs: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T> {
  let held: { readonly value: T } | undefined;
  let wake: () => void = () => undefined;
  let left = false;
  const ended = (async () => {
    for await (const value of inputs) {
      if (left) return;
      held = { value };
      wake();
    }
  })();
  let over = false;
  const end = ended.finally(() => {
    over = true;
    wake();
  });
  end.catch(() => undefined);
  try {
    for (;;) {
      if (held) {
        const { value } = held;
        held = undefined;
        yield value;
      } else if (over) {
        // Says why, should the source have failed.
        return await ended;
      } else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    left = true;
  }
}
