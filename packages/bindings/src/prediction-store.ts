import type { PredictOptions } from 'perigee';
import { createFollower } from './follower.ts';
import type { Follower } from './follower.ts';
import { isSame } from './is-same.ts';
import type { ModelFor } from './model-types.ts';

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
export type PredictionStore<Input, Result, Output = never> = Follower<
  ModelFor<Output, Predicts<Input, Result>>,
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
export function createPredictionStore<Input, Result, Output = never>(): PredictionStore<
  Input,
  Result,
  Output
> {
  return createFollower(
    {},
    isSame,
    async (model: ModelFor<Output, Predicts<Input, Result>>, input: Input, { signal }, options) => {
      const { debounceMs, ...each } = options ?? {};
      if (debounceMs) await new Promise((resolve) => setTimeout(resolve, debounceMs));
      // A call that names the output knows more than the type of the model.
      return signal.aborted
        ? undefined
        : (model as Predicts<Input, Result>).predict(input, { ...each, signal });
    },
  );
}
