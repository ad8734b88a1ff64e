import { flushSync, mount, unmount } from 'svelte';
import { onTestFinished } from 'vitest';
import type { Perigee } from 'perigee';
import View from './view.svelte';

/** Mounts a component. `setup` runs in it; the component shows what the result returns. */
export function mountWith(perigee: Perigee, setup: () => () => unknown) {
  const target = document.createElement('div');
  const component = mount(View, { target, props: { perigee, setup } });
  flushSync();
  let isMounted = true;
  const remove = async (): Promise<void> => {
    if (isMounted) await unmount(component);
    isMounted = false;
  };
  onTestFinished(remove);
  return { remove, text: () => target.textContent };
}
