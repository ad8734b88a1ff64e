import type { Store } from '@perigee/bindings';
import type { Perigee } from 'perigee';
import { getContext, onMount, setContext, untrack } from 'svelte';
import { createSubscriber } from 'svelte/reactivity';
import { toStore } from 'svelte/store';

const KEY = Symbol('perigee');

/**
 * Gives a `Perigee` to a component and the components in it. Create the `Perigee` once, outside of
 * components.
 * @example
 * setPerigeeContext(perigee);
 */
export function setPerigeeContext(perigee: Perigee): Perigee {
  return setContext(KEY, perigee);
}

/**
 * The `Perigee` of the nearest component that gave one.
 * @throws Error where none did
 * @example
 * const findings = await usePerigee().doctor();
 */
export function usePerigee(): Perigee {
  const perigee = getContext<Perigee | undefined>(KEY);
  if (!perigee) throw Error('Missing setPerigeeContext(perigee) in a component above.');
  return perigee;
}

type End = (() => void) | void;

/**
 * The state of a store, as an object whose fields are reactive. A component loads nothing before it
 * is mounted, and so a server loads nothing.
 * @param start is called after the store has its subscriber; it returns what ends it
 */
export function useStore<State extends object>(
  storeOf: () => Store<State>,
  start?: () => End,
): State {
  let store = storeOf();
  let changed = (): void => undefined;
  const track = createSubscriber((update) => void (changed = update));
  onMount(() => {
    const follow = (next: Store<State>): End => {
      store = next;
      changed();
      return store.subscribe(() => changed());
    };
    const ends = [effect(storeOf, follow), start?.()];
    return () => ends.forEach((end) => end?.());
  });
  const fields = (Object.keys(store.getSnapshot()) as (keyof State)[]).map((key) => {
    const get = (): unknown => (track(), store.getSnapshot()[key]);
    return [key, { enumerable: true, get }];
  });
  return Object.defineProperties({}, Object.fromEntries(fields)) as State;
}

/** Runs with each new value of a function that reads states. Runes would need a compiler here. */
export function effect<Value>(valueOf: () => Value, run: (value: Value) => End): End {
  let end: End;
  const stop = toStore(valueOf).subscribe((value) => {
    end?.();
    end = untrack(() => run(value));
  });
  return () => [stop, end].forEach((each) => each?.());
}
