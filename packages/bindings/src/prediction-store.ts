import type { PredictOptions } from 'perigee';
import { createFollower } from './follower.ts';
import type { Follower } from './follower.ts';
import { isSame } from './is-same.ts';

/** A model, as far as predictions need it. */
export interface Predicts<Input, Result> {
  predict(input: Input, options?: PredictOptions): Promise<Result>;
}

/** Options of a prediction that follows its input. */
export interface PredictionOptions extends Omit<PredictOptions, 'signal' | 'transfer'> {
  /** Milliseconds for which the input has to stay the same before it is predicted. Default 0. */
  readonly debounceMs?: number;
}

/** One prediction, which follows the values of its input. */
export type PredictionStore<Input, Result> = Follower<
  Predicts<Input, Result>,
  Input,
  PredictionOptions,
  Result
>;

/**
 * Creates a prediction for one view.
 * @example
 * const prediction = createPredictionStore<PredictInput, Prediction>();
 * const stop = prediction.subscribe(() => show(prediction.getSnapshot().data));
 * prediction.follow(model, values, { debounceMs: 100 });
 */
export function createPredictionStore<Input, Result>(): PredictionStore<Input, Result> {
  return createFollower(
    {},
    isSame,
    async (model, input, { signal }, { debounceMs, ...each }: PredictionOptions = {}) => {
      if (debounceMs) await new Promise((resolve) => setTimeout(resolve, debounceMs));
      return signal.aborted ? undefined : model.predict(input, { ...each, signal });
    },
  );
}
