import type { PredictOptions } from './config.ts';

/** So many calls at a time: many batches, and still little memory. */
const AT_ONCE = 512;

/** One result for each input, in order. The first failure, or the signal, stops what is under way. */
export async function predictMany<T, R>(inputs: readonly T[], { signal, ...options }: PredictOptions, predict: (input: T, options: PredictOptions) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < inputs.length; at += AT_ONCE) {
    signal?.throwIfAborted();
    // A signal each: runtimes warn of one with as many listeners as there are calls.
    const stops: AbortController[] = [];
    const stop = (): void => stops.forEach((controller) => controller.abort(signal?.reason));
    signal?.addEventListener('abort', stop, { once: true });
    const calls = inputs.slice(at, at + AT_ONCE).map((input) => {
      const controller = new AbortController();
      stops.push(controller);
      return predict(input, { ...options, signal: controller.signal });
    });
    try {
      results.push(...(await Promise.all(calls)));
    } finally {
      signal?.removeEventListener('abort', stop);
      stop();
    }
  }
  return results;
}
