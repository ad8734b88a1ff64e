import * as bindings from '@perigee/bindings';
import type { Model, PredictInput, Prediction, StorageReport, TelemetryStatus } from 'perigee';
import * as vue from 'vue';
import { usePerigee } from './context.ts';
import { useStore } from './use-store.ts';
import type { Refs } from './use-store.ts';

export { PerigeePlugin, usePerigee } from './context.ts';
export type { Refs } from './use-store.ts';
export type * from '@perigee/bindings';

/** The result of `useModel()`: the loaded model as `data`, or why there is none yet. */
export type UseModelResult<Loaded = Model> = Refs<bindings.ModelState<Loaded>>;

/** The result of the other composables. */
export type UseQueryResult<Data, Extra = unknown> = Refs<bindings.QueryState<Data, Extra>>;

/**
 * Loads a model by name (`digits`, `digits@beta`), or a file by its URL. All components that ask
 * for the same model share it. It is disposed some time (`gcTime`) after the last one is gone.
 * @throws Error without the plugin
 * @example
 * const { data: model, progress, error, updateAvailable, update } = useModel('digits');
 */
export function useModel<const Address extends bindings.ModelAddress>(
  source: vue.MaybeRefOrGetter<Address>,
  options?: vue.MaybeRefOrGetter<bindings.ModelOptions>,
): UseModelResult<bindings.ModelAt<Address>> {
  const { model } = bindings.bindingsOf(usePerigee());
  return useStore(() => model(vue.toValue(source), vue.toValue(options)));
}

/**
 * Predicts whenever the values of the input change, also those in a reactive list or record. A new
 * input cancels the call for the one before, and the last prediction stays until the next one is
 * there. Without a model or an input nothing is predicted.
 *
 * Images and canvases are compared by identity. After drawing on the same canvas, call `refetch()`.
 * @example
 * const { data: model } = useModel('wdbc');
 * const { data, isFetching } = usePredict(model, values, { debounceMs: 100 });
 * @example
 * const { data } = usePredict<Classification>(model, () => ({ text: text.value }));
 */
export function usePredict<Output = never, Input = PredictInput, Result = Prediction<Output>>(
  model: vue.MaybeRefOrGetter<bindings.ModelFor<Output, bindings.Predicts<Input, Result>>>,
  input: NoInfer<vue.MaybeRefOrGetter<Input | null | undefined>>,
  options?: vue.MaybeRefOrGetter<bindings.PredictionOptions>,
): UseQueryResult<Result> {
  const store = bindings.createPredictionStore<Input, Result, Output>();
  const follow = (): void =>
    store.follow(vue.toValue(model), bindings.copyOf(vue.toValue(input)), vue.toValue(options));
  return useStore(() => store, follow);
}

/**
 * Answers the frames of a video, or the inputs that a function pushes, until the component is gone,
 * or the model or the source changes. While the model is busy, only the newest input is kept.
 * @param source wrap a function that is chosen in `computed()`: a function itself is a source
 * @example
 * const video = useTemplateRef<HTMLVideoElement>('video');
 * const { data, count } = usePredictStream(model, video);
 */
export function usePredictStream<Output = never, Input = PredictInput, Result = Prediction<Output>>(
  model: vue.MaybeRefOrGetter<bindings.ModelFor<Output, bindings.PredictsStream<Input, Result>>>,
  source: vue.MaybeRef<bindings.SourceFor<Input>>,
  options?: vue.MaybeRefOrGetter<bindings.StreamFollowOptions>,
): UseQueryResult<Result, bindings.StreamFacts> {
  const store = bindings.createStreamStore<Input, Result, Output>();
  const follow = (): void =>
    store.follow(vue.toValue(model), vue.unref(source), vue.toValue(options));
  return useStore(() => store, follow);
}

/** When `useStorage()` and `useTelemetry()` fetch again. */
export type Polling = vue.MaybeRefOrGetter<bindings.PollingOptions>;

/**
 * The models that are stored on this device, and their sizes.
 * @example
 * const { data } = useStorage({ refetchInterval: 2_000 });
 */
export function useStorage(options?: Polling): UseQueryResult<StorageReport> {
  const { storage } = bindings.bindingsOf(usePerigee());
  return useStore(() => bindings.polled(storage, vue.toValue(options)));
}

/** The telemetry batches that wait on this device, were sent, and were lost. */
export function useTelemetry(options?: Polling): UseQueryResult<TelemetryStatus> {
  const { telemetry } = bindings.bindingsOf(usePerigee());
  return useStore(() => bindings.polled(telemetry, vue.toValue(options)));
}
