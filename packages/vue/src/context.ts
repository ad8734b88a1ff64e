import type { Perigee } from 'perigee';
import * as vue from 'vue';

const KEY: vue.InjectionKey<Perigee> = Symbol('perigee');

/**
 * Gives a `Perigee` to the composables of an app.
 * @example
 * createApp(App).use(PerigeePlugin, { perigee: createPerigee({ registry }) }).mount('#app');
 */
export const PerigeePlugin = {
  install: (app: vue.App, { perigee }: { readonly perigee: Perigee }) => app.provide(KEY, perigee),
};

/**
 * The `Perigee` of the app.
 * @throws Error without the plugin
 * @example
 * const findings = await usePerigee().doctor();
 */
export function usePerigee(): Perigee {
  const perigee = vue.inject(KEY, undefined);
  if (!perigee) throw Error('Missing app.use(PerigeePlugin, { perigee }).');
  return perigee;
}
