import * as bindings from '@perigee/bindings';
import type { PredictInput, Prediction, StorageReport, TelemetryStatus } from 'perigee';
import { effect, usePerigee, useStore } from './use-store.ts';

export { setPerigeeContext, usePerigee } from './use-store.ts';
export type * from '@perigee/bindings';

/** A value, or a function that returns it. The function runs again when states it reads change. */
export type MaybeGetter<Value> = Value | (() => Value);

/** No value that is given this way is a function itself. */
const valueOf = <Value>(given: MaybeGetter<Value>): Value =>
  typeof given === 'function' ? (given as () => Value)() : given;

/**
 * Loads a model by name (`digits`, `digits@beta`), or a file by its URL. All components that ask
 * for the same model share it. It is disposed some time (`gcTime`) after the last one is gone.
 * Read the fields where you use them: a field that is copied out does not change any more.
 * @throws Error without `setPerigeeContext()`
 * @example
 * const digits = useModel('digits');
 * const chosen = useModel(() => name);
 */
export function useModel<const Address extends bindings.ModelAddress>(
  source: MaybeGetter<Address>,
  options?: MaybeGetter<bindings.ModelOptions | undefined>,
): bindings.ModelState<bindings.ModelAt<Address>> {
  const { model } = bindings.bindingsOf(usePerigee());
  return useStore(() => model(valueOf(source), valueOf(options)));
}

/**
 * Predicts whenever the values of the input change, also those in a list or record of `$state()`. A
 * new input cancels the call for the one before, and the last prediction stays until the next one
 * is there. Without a model or an input nothing is predicted.
 *
 * Images and canvases are compared by identity. After drawing on the same canvas, call `refetch()`.
 * @example
 * const wdbc = useModel('wdbc');
 * const answer = usePredict(() => wdbc.data, () => values, { debounceMs: 100 });
 * @example
 * const answer = usePredict<Classification>(() => sentiment.data, () => ({ text }));
 */
export function usePredict<Output = never, Input = PredictInput, Result = Prediction<Output>>(
  model: MaybeGetter<bindings.ModelFor<Output, bindings.Predicts<Input, Result>>>,
  input: NoInfer<MaybeGetter<Input | null | undefined>>,
  options?: MaybeGetter<bindings.PredictionOptions | undefined>,
): bindings.QueryState<Result> {
  const store = bindings.createPredictionStore<Input, Result, Output>();
  const argsOf = () => [valueOf(model), bindings.copyOf(valueOf(input)), valueOf(options)] as const;
  const start = () => effect(argsOf, (args) => store.follow(...args));
  return useStore(() => store, start);
}

/**
 * Answers the frames of a video, or the inputs that a function pushes, until the component is gone,
 * or the model or the source changes. While the model is busy, only the newest input is kept.
 * @param source returns the video or the function
 * @example
 * let video = $state<HTMLVideoElement>();
 * const answers = usePredictStream(() => objects.data, () => video);
 */
export function usePredictStream<Output = never, Input = PredictInput, Result = Prediction<Output>>(
  model: MaybeGetter<bindings.ModelFor<Output, bindings.PredictsStream<Input, Result>>>,
  source: () => bindings.SourceFor<Input>,
  options?: MaybeGetter<bindings.StreamFollowOptions | undefined>,
): bindings.QueryState<Result, bindings.StreamFacts> {
  const store = bindings.createStreamStore<Input, Result, Output>();
  const argsOf = () => [valueOf(model), source(), valueOf(options)] as const;
  const start = () => effect(argsOf, (args) => store.follow(...args));
  return useStore(() => store, start);
}

/** When `useStorage()` and `useTelemetry()` fetch again. */
export type Polling = MaybeGetter<bindings.PollingOptions | undefined>;

/**
 * The models that are stored on this device, and their sizes.
 * @example
 * const storage = useStorage({ refetchInterval: 2_000 });
 */
export function useStorage(options?: Polling): bindings.QueryState<StorageReport> {
  const { storage } = bindings.bindingsOf(usePerigee());
  return useStore(() => bindings.polled(storage, valueOf(options)));
}

/** The telemetry batches that wait on this device, were sent, and were lost. */
export function useTelemetry(options?: Polling): bindings.QueryState<TelemetryStatus> {
  const { telemetry } = bindings.bindingsOf(usePerigee());
  return useStore(() => bindings.polled(telemetry, valueOf(options)));
}
