// The provider, and the hook by which a component follows a store. One file imports React,
// so that bundlers import it once.
import {
  createContext,
  createElement,
  useContext,
  useEffect,
  useState,
  useSyncExternalStore,
} from 'react';
import type { ReactElement, ReactNode } from 'react';
import { bindingsOf, poll } from '@perigee/bindings';
import type { Bindings, PollingOptions, QueryState, Store } from '@perigee/bindings';
import type { Perigee } from 'perigee';

const PerigeeContext = createContext<Perigee | null>(null);

/** Props of `<PerigeeProvider>`. */
export interface PerigeeProviderProps {
  readonly perigee: Perigee;
  readonly children?: ReactNode;
}

/**
 * Gives a `Perigee` to the hooks below it. Create the `Perigee` outside of components, so that it
 * stays the same.
 * @example
 * const perigee = createPerigee({ registry: 'https://models.example.com/', trustedRoot });
 *
 * root.render(
 *   <PerigeeProvider perigee={perigee}>
 *     <App />
 *   </PerigeeProvider>,
 * );
 */
export function PerigeeProvider({ perigee, children }: PerigeeProviderProps): ReactElement {
  return createElement(PerigeeContext.Provider, { value: perigee }, children);
}

/**
 * The `Perigee` of the provider.
 * @throws Error without a provider
 * @example
 * const perigee = usePerigee();
 * const findings = await perigee.doctor();
 */
export function usePerigee(): Perigee {
  const perigee = useContext(PerigeeContext);
  if (!perigee) throw Error('Missing <PerigeeProvider>.');
  return perigee;
}

export function useBindings(): Bindings {
  return bindingsOf(usePerigee());
}

/** The state of a store. */
export function useStore<State>(store: Store<State>): State {
  return useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot);
}

/** The state of a store that is fetched again from time to time. */
export function usePolledStore<Data>(
  store: Store<QueryState<Data>>,
  options?: PollingOptions,
): QueryState<Data> {
  const state = useStore(store);
  const refetchInterval = options?.refetchInterval;
  useEffect(() => poll(store, refetchInterval), [store, refetchInterval]);
  return state;
}

interface Follows<State, Args extends readonly unknown[]> extends Store<State> {
  follow(...args: Args): void;
}

/** The state of a store of this component alone, which follows what the component renders. */
export function useFollower<State, Args extends readonly unknown[]>(
  create: () => Follows<State, Args>,
  ...args: Args
): State {
  const [store] = useState(create);
  const state = useStore(store);
  useEffect(() => store.follow(...args));
  return state;
}
