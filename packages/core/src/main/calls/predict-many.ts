import type { Rules } from '../loading/check-options.ts';
import type { MainBundle } from '../main-bundle.ts';
import type { PredictOptions } from '../../config.ts';

/** Number of calls at a time, limited by maxQueue: enough for many batches, with little memory. */
const AT_ONCE = 512;

/** Tools of a model for methods that make many calls. */
export interface PredictTools<T, R> {
  readonly main: MainBundle;
  predict(input: T, options: PredictOptions): Promise<R>;
  /** Options of `predict()`. */
  readonly rules: Rules;
  readonly maxQueue: number;
}

/**
 * Returns one result for each input, in order. The first failure or the signal cancels the calls in
 * flight.
 * @throws PerigeeError INVALID_INPUT when the inputs are not iterable, INVALID_CONFIG
 */
export async function predictMany<T, R>(
  inputs: Iterable<T>,
  options: PredictOptions,
  { main, predict, rules, maxQueue }: PredictTools<T, R>,
): Promise<R[]> {
  const fault = whyNoInputs(inputs, 'predictMany');
  if (fault) throw new main.PerigeeError('INVALID_INPUT', fault);
  main.checkOptions('predictMany()', options, rules);
  const results: R[] = [];
  const atOnce = Math.min(AT_ONCE, maxQueue);
  let group: T[] = [];
  // An error leaves the loop, which closes a generator.
  for (const input of inputs) {
    group.push(input);
    if (group.length < atOnce) continue;
    results.push(...(await together(group, options, predict)));
    group = [];
  }
  results.push(...(await together(group, options, predict)));
  return results;
}

async function together<T, R>(
  inputs: readonly T[],
  { signal, ...options }: PredictOptions,
  predict: PredictTools<T, R>['predict'],
): Promise<R[]> {
  signal?.throwIfAborted();
  // Each call has its own signal: runtimes warn about a signal with this many listeners.
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

/** Returns why the inputs cannot be iterated; null when they can. */
export function whyNoInputs(
  inputs: unknown,
  method: 'predictMany' | 'predictStream',
): string | null {
  const takes =
    method === 'predictMany'
      ? 'an iterable of inputs (an array, a Set, a generator)'
      : 'an iterable or async iterable of inputs (a generator, a stream)';
  const { [Symbol.iterator]: sync, [Symbol.asyncIterator]: async } = (inputs ?? {}) as Partial<
    Iterable<unknown> & AsyncIterable<unknown>
  >;
  if (ArrayBuffer.isView(inputs))
    return (
      `${method}() takes ${takes}; got one ${inputs.constructor.name}, of which each number ` +
      'would be an input. Pass a list of typed arrays, or [...values] if each number is one.'
    );
  if (
    typeof inputs !== 'string' &&
    (typeof sync === 'function' || (method === 'predictStream' && typeof async === 'function'))
  )
    return null;
  const got =
    inputs === null
      ? 'null'
      : typeof async === 'function'
        ? 'an async iterable. Use predictStream()'
        : `${typeof inputs === 'object' ? 'an object that is not iterable' : typeof inputs}`;
  return `${method}() takes ${takes}; got ${got}.`;
}
