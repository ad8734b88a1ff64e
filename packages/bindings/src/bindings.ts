import { loadModel } from 'perigee';
import type { LoadModelOptions, Perigee, StorageReport, TelemetryStatus } from 'perigee';
import { createModelStore } from './model-store.ts';
import type { ModelAddress, ModelAt, ModelStore } from './model-store.ts';
import { createQuery } from './query.ts';
import type { Query, QueryState, Store } from './query.ts';

/** Options of a shared model. Views that ask for the same source and options share one model. */
export interface ModelOptions extends Omit<
  LoadModelOptions,
  'onProgress' | 'signal' | 'registry' | 'trustedRoot'
> {
  /**
   * Milliseconds for which the model stays loaded after the last view of it is gone. `Infinity`
   * keeps it. Views with different times get the longest. Default 5,000.
   */
  readonly gcTime?: number;
}

/** The stores of one `Perigee`, which all views share. */
export interface Bindings {
  /**
   * The store of a model: by name (`digits`, `digits@beta`), or of a file by its URL. It loads with
   * the first subscriber.
   */
  model<const Address extends ModelAddress>(
    source: Address,
    options?: ModelOptions,
  ): ModelStore<ModelAt<Address>>;
  /** The stores of all models that views asked for, by source and options as JSON. */
  readonly models: ReadonlyMap<string, ModelStore>;
  readonly storage: Store<QueryState<StorageReport>>;
  readonly telemetry: Store<QueryState<TelemetryStatus>>;
}

const GC_MS = 5_000;
/** A name has no slash, no scheme and no file extension of a model, as in `perigee`. */
const IS_FILE = /[/:]|\.(onnx|ort|json)(\.gz)?$/i;
const known = new WeakMap<Perigee, Bindings>();

/**
 * Returns the stores of a `Perigee`. Each call with one `Perigee` returns the same object.
 * @example
 * const store = bindingsOf(perigee).model('digits');
 * const stop = store.subscribe(() => console.log(store.getSnapshot().progress));
 */
export function bindingsOf(perigee: Perigee): Bindings {
  const bindings = known.get(perigee) ?? createBindings(perigee);
  known.set(perigee, bindings);
  return bindings;
}

function createBindings(perigee: Perigee): Bindings {
  const models = new Map<string, ModelStore>();
  return {
    models,
    model<const Address extends ModelAddress>(
      source: Address,
      { gcTime = GC_MS, ...options }: ModelOptions = {},
    ) {
      const name = String(source);
      const key = JSON.stringify([name, options]);
      const store =
        models.get(key) ??
        createModelStore(perigee, (onProgress, signal) => {
          const all = { ...options, onProgress, signal };
          return IS_FILE.test(name)
            ? loadModel<string | URL>(source, all)
            : perigee.load(name, all);
        });
      models.set(key, store);
      store.keep(gcTime);
      // TypeScript cannot relate Model to the type that `ModelAt` chooses by the address.
      return store as ModelStore<ModelAt<Address>>;
    },
    storage: createReport(() => perigee.storage.report()),
    telemetry: createReport(
      () => perigee.telemetry.status(),
      (query) => perigee.on('telemetry', (data) => query.set({ data })),
    ),
  };
}

/** A report that is fetched for its first subscriber, and follows what `listen` hears. */
function createReport<Data>(
  run: () => Promise<Data>,
  listen?: (query: Query<Data, object>) => () => void,
): Query<Data, object> {
  const query: Query<Data, object> = createQuery<Data, object>({}, run, () => {
    void query.fetch();
    return listen?.(query);
  });
  return query;
}
