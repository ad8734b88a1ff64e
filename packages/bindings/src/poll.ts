import type { QueryState, Store } from './query.ts';

/** Options of views that report on the device. */
export interface PollingOptions {
  /** Fetches again after each such time, in milliseconds. Default: never. */
  readonly refetchInterval?: number;
}

/** Fetches a store again from time to time, until the result is called. */
export function poll(
  store: Store<Pick<QueryState<unknown>, 'isFetching' | 'refetch'>>,
  refetchInterval: number | undefined,
): () => void {
  const next = (): void => {
    const { isFetching, refetch } = store.getSnapshot();
    // A fetch that takes longer than the interval is left to end.
    if (!isFetching) void refetch();
  };
  const timer = refetchInterval && setInterval(next, refetchInterval);
  return () => clearInterval(timer);
}

/** A store that is fetched again from time to time while it has subscribers. */
export function polled<Data>(
  store: Store<QueryState<Data>>,
  options?: PollingOptions,
): Store<QueryState<Data>> {
  return {
    ...store,
    subscribe(listener) {
      const stops = [store.subscribe(listener), poll(store, options?.refetchInterval)];
      return () => stops.forEach((stop) => stop());
    },
  };
}
