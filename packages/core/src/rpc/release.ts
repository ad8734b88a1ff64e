import * as Comlink from 'comlink';

/** Closes the port behind a callback that came by `Comlink.proxy`: an open one keeps a Node process alive. */
export function releaseCallback(callback: object | null): void {
  (callback as { [Comlink.releaseProxy]?: () => void } | null)?.[Comlink.releaseProxy]?.();
}
