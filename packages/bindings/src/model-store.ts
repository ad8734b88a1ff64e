import type { KnownSource, LoadProgress, Model, ModelFrom } from 'perigee';
import type { ModelFacts } from './model-facts.ts';
import { createQuery } from './query.ts';
import type { Query, QueryState, Store } from './query.ts';

/** A name (`digits`, `digits@beta`), or the URL of a file. Editors offer those with known types. */
export type ModelAddress = Extract<KnownSource, string | URL>;

/** The model of an address, with the types that `load()` or `loadModel()` gives it. */
export type ModelAt<Address extends ModelAddress> = ModelFrom<Address, string>;

export type ModelState<Loaded = Model> = QueryState<Loaded, ModelFacts>;

/** One model, shared by all that subscribe to it. */
export interface ModelStore<Loaded = Model> extends Store<ModelState<Loaded>> {
  /** Loads the model without a subscriber, for a view that waits. Resolves also after a failure. */
  settled(): Promise<void>;
  /** Keeps the model for at least this time after its last subscriber, in milliseconds. */
  keep(gcTime: number): void;
}

/** How a model is loaded. */
export type Open = (
  onProgress: (progress: LoadProgress) => void,
  signal: AbortSignal,
) => Promise<Model>;

/** The time in which a view that waits subscribes, after the model or its error is there. */
const WAITING_MS = 1_000;

/**
 * Loads a model for its first subscriber. Some time after the last one it aborts the load, or
 * disposes the model. Without that time the double effects of React's StrictMode would load twice.
 */
export function createModelStore(open: Open): ModelStore {
  let gcTime = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isObserved = false;
  let release: (() => void) | undefined;

  const query: Query<Model, ModelFacts> = createQuery<Model, ModelFacts>(
    {
      progress: 0,
      isUpdating: false,
      version: undefined,
      backend: undefined,
      updateAvailable: undefined,
      // An update asks the network. So its code may come from there, too.
      update: async () => (await import('./update-model.ts')).updateModel(query),
    },
    async (signal) => {
      let restMs = WAITING_MS;
      try {
        const model = await open(({ fraction }) => {
          if (!signal.aborted) query.set({ progress: fraction });
        }, signal);
        restMs += gcTime;
        if (signal.aborted) void model.dispose();
        else adopt(model);
        return model;
      } finally {
        if (!isObserved && !signal.aborted) forgetLater(restMs);
      }
    },
    () => {
      isObserved = true;
      clearTimeout(timer);
      void query.ensure();
      return () => {
        isObserved = false;
        forgetLater(gcTime);
      };
    },
  );

  function forgetLater(ms: number): void {
    clearTimeout(timer);
    // A timer cannot wait for longer than 2 ** 31 ms: such a model is kept.
    if (ms < 2 ** 31) timer = setTimeout(forget, ms);
  }

  function forget(): void {
    release?.();
    query.reset();
  }

  function adopt(model: Model): void {
    release?.();
    const look = (): void => query.set({ version: model.version, backend: model.backend });
    // The model's events end with it.
    release = () => void model.dispose();
    model.on('backend', look);
    model.on('rollback', look);
    model.on('updateready', ({ version }) => query.set({ updateAvailable: version }));
    look();
  }

  return {
    ...query,
    settled: query.ensure,
    keep(ms) {
      if (ms > gcTime) gcTime = ms;
    },
  };
}
