/** A store with subscribers, as React's `useSyncExternalStore` takes it. */
export interface Store<State> {
  subscribe(listener: () => void): () => void;
  /** The same object until the state changes. */
  getSnapshot(): State;
  /** The state before anything was fetched, for rendering on a server and for hydration. */
  getServerSnapshot(): State;
}

/**
 * The state of a query, in the names of TanStack Query. `data` stays while it is fetched again, and
 * after a failure.
 */
export type QueryState<Data, Extra = unknown> = Extra & {
  readonly isFetching: boolean;
  /** Fetches again. Settles when the new state is there, and never rejects. */
  refetch(): Promise<void>;
} & (
    | {
        readonly status: 'pending';
        readonly data: undefined;
        readonly error: null;
        readonly isPending: true;
        readonly isError: false;
        readonly isSuccess: false;
      }
    | {
        readonly status: 'error';
        readonly data: Data | undefined;
        readonly error: Error;
        readonly isPending: false;
        readonly isError: true;
        readonly isSuccess: false;
      }
    | {
        readonly status: 'success';
        readonly data: Data;
        readonly error: null;
        readonly isPending: false;
        readonly isError: false;
        readonly isSuccess: true;
      }
  );

interface Facts<Data> {
  readonly data: Data | undefined;
  readonly error: Error | null;
  readonly isFetching: boolean;
}

export interface Query<Data, Extra> extends Store<QueryState<Data, Extra>> {
  set(change: Partial<Facts<Data>> | Partial<Extra>): void;
  fetch(): Promise<void>;
  /** Fetches, unless that is under way or was done. A failed fetch is repeated. */
  ensure(): Promise<void>;
  /** Aborts a fetch that is under way, and goes back to the first state. */
  reset(): void;
}

/**
 * Creates a query. A new fetch aborts the fetch before it, so an old result never replaces a new
 * one.
 * @param extra the other fields of the first state, all of them: views make their fields of these
 * @param run resolves to undefined where the data stays as it is
 * @param start is called with the first subscriber; the function that it returns, if any, after the
 * last one
 */
export function createQuery<Data, Extra extends object>(
  extra: Required<Extra>,
  run: (signal: AbortSignal) => Promise<Data | undefined>,
  start: () => (() => void) | undefined,
): Query<Data, Extra> {
  const listeners = new Set<() => void>();
  const initial = stateOf<Data, Extra>({
    ...extra,
    data: undefined,
    error: null,
    isFetching: false,
    refetch: fetch,
  });
  let state = initial;
  let current: AbortController | undefined;
  let last: Promise<void> | undefined;
  let stop: (() => void) | undefined;

  function set(change: Partial<Facts<Data>> | Partial<Extra>): void {
    state = stateOf({ ...state, ...change });
    listeners.forEach((listener) => listener());
  }
  function fetch(): Promise<void> {
    return (last = fetchNow());
  }
  async function fetchNow(): Promise<void> {
    current?.abort();
    const { signal } = (current = new AbortController());
    set({ isFetching: true, error: null });
    const change = await run(signal).then(
      (data) => ({ data: data ?? state.data }),
      (error: unknown) => ({ error: error instanceof Error ? error : Error(String(error)) }),
    );
    if (!signal.aborted) set({ ...change, isFetching: false });
  }
  return {
    set,
    fetch,
    ensure: () => (!state.error && last) || fetch(),
    reset() {
      current?.abort();
      last = undefined;
      set(initial);
    },
    getSnapshot: () => state,
    getServerSnapshot: () => initial,
    subscribe(listener) {
      listeners.add(listener);
      if (listeners.size === 1) stop = start();
      return () => {
        if (listeners.delete(listener) && listeners.size === 0) stop?.();
      };
    },
  };
}

function stateOf<Data, Extra>(facts: Facts<Data>): QueryState<Data, Extra> {
  const status = facts.error ? 'error' : facts.data === undefined ? 'pending' : 'success';
  const state = {
    ...facts,
    status,
    isPending: status === 'pending',
    isSuccess: status === 'success',
    isError: status === 'error',
  };
  // The compiler cannot see that the fields agree with each other.
  return state as unknown as QueryState<Data, Extra>;
}
