import type { StreamOptions } from 'perigee';
import { inputsOf } from './inputs-of.ts';
import type { Query } from './query.ts';
import type { PredictsStream, StreamFacts, StreamSource } from './stream-store.ts';

interface Call<Result> {
  readonly signal: AbortSignal;
  readonly set: Query<Result, StreamFacts>['set'];
}

/** Shows each answer to a source, until the source ends or the signal aborts. */
export async function runStream<Input, Result>(
  model: PredictsStream<Input, Result>,
  source: StreamSource<Input> | HTMLVideoElement,
  { signal, set }: Call<Result>,
  options?: Omit<StreamOptions, 'signal'>,
): Promise<undefined> {
  const inputs = inputsOf<Input>(source, signal);
  let count = 0;
  set({ count });
  for await (const data of model.predictStream(inputs, {
    whenBusy: 'latest',
    ...options,
    signal,
  }))
    if (!signal.aborted) set({ data, count: ++count });
  return undefined;
}
