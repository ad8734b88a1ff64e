import type { StreamOptions } from 'perigee';
import { createFollower } from './follower.ts';
import type { Follower } from './follower.ts';
import type { ModelFor } from './model-types.ts';

/** A model, as far as streams need it. */
export interface PredictsStream<Input, Result> {
  predictStream(inputs: AsyncIterable<Input>, options?: StreamOptions): AsyncIterable<Result>;
}

/**
 * Pushes inputs until the signal aborts. If it returns a promise, the stream ends with it.
 * @example
 * const motion: StreamSource<number[]> = (push, signal) =>
 *   addEventListener('devicemotion', (event) => push(valuesOf(event)), { signal });
 */
export type StreamSource<Input> = (
  push: (input: Input) => void,
  signal: AbortSignal,
) => void | Promise<void>;

export interface StreamFacts {
  /** The number of answers since the stream began. */
  readonly count: number;
}

/** Options of a stream that follows its source. */
export type StreamFollowOptions = Omit<StreamOptions, 'signal'>;

/** The answers to one source. `data` is the last one. */
export type StreamStore<Input, Result, Output = never> = Follower<
  ModelFor<Output, PredictsStream<Input, Result>>,
  StreamSource<Input> | HTMLVideoElement,
  StreamFollowOptions,
  Result,
  StreamFacts
>;

/** Creates a stream for one view. By default, only the newest input waits for a busy model. */
export function createStreamStore<Input, Result, Output = never>(): StreamStore<
  Input,
  Result,
  Output
> {
  return createFollower(
    { count: 0 },
    Object.is,
    // A camera or a sensor takes longer to start than this code takes to load.
    // A call that names the output knows more than the type of the model.
    async (model, ...call) =>
      (await import('./run-stream.ts')).runStream(model as PredictsStream<Input, Result>, ...call),
  );
}
