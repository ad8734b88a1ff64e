import type { PredictOptions } from './config.ts';

/** So many calls at a time: many batches, and still little memory. */
const AT_ONCE = 512;

type Predict<T, R> = (input: T, options: PredictOptions) => Promise<R>;

/** One result for each input, in order. The first failure, or the signal, stops what is under way. */
export async function predictMany<T, R>(inputs: Iterable<T>, options: PredictOptions, predict: Predict<T, R>): Promise<R[]> {
  const results: R[] = [];
  let group: T[] = [];
  // An error leaves the loop, which closes a generator.
  for (const input of inputs) {
    group.push(input);
    if (group.length < AT_ONCE) continue;
    results.push(...(await together(group, options, predict)));
    group = [];
  }
  results.push(...(await together(group, options, predict)));
  return results;
}

async function together<T, R>(inputs: readonly T[], { signal, ...options }: PredictOptions, predict: Predict<T, R>): Promise<R[]> {
  signal?.throwIfAborted();
  // A signal each: runtimes warn of one with as many listeners as there are calls.
  const stops: AbortController[] = [];
  const stop = (): void => stops.forEach((controller) => controller.abort(signal?.reason));
  signal?.addEventListener('abort', stop, { once: true });
  const calls = inputs.map((input) => {
    const controller = new AbortController();
    stops.push(controller);
    return predict(input, { ...options, signal: controller.signal });
  });
  try {
    return await Promise.all(calls);
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
}

/** Why this is no source of inputs; null when it is one. */
export function whyNoInputs(inputs: unknown, method: 'predictMany' | 'predictStream'): string | null {
  const takes = method === 'predictMany' ? 'an iterable of inputs (an array, a Set, a generator)' : 'an iterable or async iterable of inputs (a generator, a stream)';
  const { [Symbol.iterator]: sync, [Symbol.asyncIterator]: async } = (inputs ?? {}) as Partial<Iterable<unknown> & AsyncIterable<unknown>>;
  if (ArrayBuffer.isView(inputs)) return `${method}() takes ${takes}; got one ${inputs.constructor.name}, of which each number would be an input. Pass a list of typed arrays, or [...values] if each number is one.`;
  if (typeof inputs !== 'string' && (typeof sync === 'function' || (method === 'predictStream' && typeof async === 'function'))) return null;
  const got = inputs === null ? 'null' : typeof async === 'function' ? 'an async iterable. Use predictStream()' : `${typeof inputs === 'object' ? 'an object that is none' : typeof inputs}`;
  return `${method}() takes ${takes}; got ${got}.`;
}
