import { createPredictionStore } from '@perigee/bindings';
import type { ModelWithOutput, PredictionOptions, Predicts, QueryState } from '@perigee/bindings';
import type { PredictInput, Prediction } from 'perigee';
import { useFollower } from './provider.ts';

/** The result of `usePredict()`: the last prediction as `data`. */
export type UsePredictResult<Result = Prediction> = QueryState<Result>;

/**
 * Predicts whenever the values of the input change. A new input cancels the call for the one
 * before, and the last prediction stays until the next one is there. Without a model or an input
 * nothing is predicted.
 *
 * Numbers, texts, lists, typed arrays and plain records are compared by value, images and canvases
 * by identity. After drawing on the same canvas, call `refetch()`.
 * @example
 * const { data: model } = useModel('wdbc');
 * const { data, isFetching } = usePredict(model, values, { debounceMs: 100 });
 * return <output>{data?.output.label}</output>;
 */
export function usePredict<Input, Result>(
  model: Predicts<Input, Result> | null | undefined,
  input: NoInfer<Input> | null | undefined,
  options?: PredictionOptions,
): UsePredictResult<Result>;
/**
 * Predicts with a model whose output is known to be an `Output`. The call has to name that type.
 * @example
 * const { data } = usePredict<Classification>(model, values);
 */
export function usePredict<Output = never>(
  model: ModelWithOutput<Output> | null | undefined,
  input: PredictInput | null | undefined,
  options?: PredictionOptions,
): UsePredictResult<Prediction<Output>>;
export function usePredict<Input, Result>(
  model: Predicts<Input, Result> | null | undefined,
  input: Input | null | undefined,
  options?: PredictionOptions,
): UsePredictResult<Result> {
  return useFollower(createPredictionStore<Input, Result>, model, input, options);
}
