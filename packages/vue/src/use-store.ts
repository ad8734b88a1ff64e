import type { Store } from '@perigee/bindings';
import * as vue from 'vue';

/** A state whose fields are refs. Its functions are called as they are. */
export type Refs<State, Key extends keyof State = keyof State> = {
  readonly [K in Key]-?: State[K] extends () => unknown ? State[K] : vue.ComputedRef<State[K]>;
};

/**
 * The state of a store, as refs. A component loads nothing before it is mounted, and so a server
 * loads nothing. What was begun ends with the scope of the caller.
 * @param follow runs again when the refs that it reads change
 */
export function useStore<State extends object>(
  storeOf: () => Store<State>,
  follow?: () => void,
): Refs<State> {
  const state = vue.shallowRef(storeOf().getSnapshot());
  const begin = (): void => {
    vue.watchEffect((onCleanup) => {
      const store = storeOf();
      const look = (): void => void (state.value = store.getSnapshot());
      onCleanup(store.subscribe(look));
      look();
    });
    if (follow) vue.watchEffect(follow);
  };
  const scope = vue.getCurrentScope();
  if (vue.getCurrentInstance()) vue.onMounted(() => scope?.run(begin));
  else begin();
  const fields = (Object.keys(state.value) as (keyof State)[]).map((key) => {
    const call = (): unknown => (state.value[key] as () => unknown)();
    const isFunction = typeof state.value[key] === 'function';
    return [key, isFunction ? call : vue.computed(() => state.value[key])];
  });
  return Object.fromEntries(fields) as Refs<State>;
}
