import type { ModelAddress, ModelAt, ModelOptions, ModelState } from '@perigee/bindings';
import type { Model } from 'perigee';
import { useBindings, useStore } from './provider.ts';

/** The result of `useModel()`: the loaded model as `data`, or why there is none yet. */
export type UseModelResult<Loaded = Model> = ModelState<Loaded>;

/** The result of `useSuspenseModel()`: the model is loaded. */
export type UseSuspenseModelResult<Loaded = Model> = Extract<
  ModelState<Loaded>,
  { status: 'success' }
>;

/**
 * Loads a model by name (`digits`, `digits@beta`), or a file by its URL. All components that ask
 * for the same model share it. It is disposed some time (`gcTime`) after the last one is gone.
 * @throws Error without a provider
 * @example
 * const { data: model, progress, error, updateAvailable, update } = useModel('digits');
 * if (error) return <p>{error.message}</p>;
 * if (!model) return <progress value={progress} />;
 */
export function useModel<const Address extends ModelAddress>(
  source: Address,
  options?: ModelOptions,
): UseModelResult<ModelAt<Address>> {
  return useStore(useBindings().model(source, options));
}

/**
 * Loads a model as `useModel()` does, and suspends until it is there. A failure goes to the error
 * boundary. On a server the fallback of `<Suspense>` is rendered, and the browser loads the model.
 * @throws Error without a provider; the error of the load
 * @example
 * const { data: model } = useSuspenseModel('digits');
 */
export function useSuspenseModel<const Address extends ModelAddress>(
  source: Address,
  options?: ModelOptions,
): UseSuspenseModelResult<ModelAt<Address>> {
  const store = useBindings().model(source, options);
  const state = useStore(store);
  if (state.isSuccess) return state;
  if (state.isError) throw state.error;
  if (typeof document === 'undefined') throw Error('useSuspenseModel() needs a browser.');
  // React renders again when this promise settles.
  throw store.settled();
}
