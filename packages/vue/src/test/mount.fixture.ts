import { createApp, defineComponent } from 'vue';
import type { App } from 'vue';
import { onTestFinished } from 'vitest';
import type { Perigee } from 'perigee';
import { PerigeePlugin } from '@perigee/vue';

/** Mounts a component whose setup is this function. Returns what the function returned. */
export function mountWith<Result>(
  perigee: Perigee,
  setup: () => Result,
): { readonly result: Result; readonly app: App } {
  const results: Result[] = [];
  const view = defineComponent({
    setup() {
      results.push(setup());
      return () => null;
    },
  });
  const app = createApp(view).use(PerigeePlugin, { perigee });
  app.mount(document.createElement('div'));
  onTestFinished(() => app.unmount());
  const [result] = results;
  if (!result) throw new Error('The component was not set up.');
  return { result, app };
}
