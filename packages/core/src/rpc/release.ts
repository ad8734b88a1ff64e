import * as Comlink from 'comlink';

/** Closes the port of a `Comlink.proxy` callback. An open port keeps a Node process alive. */
export function releaseCallback(callback: object | null): void {
  (callback as { [Comlink.releaseProxy]?: () => void } | null)?.[Comlink.releaseProxy]?.();
}
