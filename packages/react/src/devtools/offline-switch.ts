/** Cuts a `Perigee` off from its registry, to see how an app behaves offline. */
export interface OfflineSwitch {
  /** For `request.fetch` of `createPerigee()`. */
  readonly fetch: typeof fetch;
  isOffline(): boolean;
  set(offline: boolean): void;
  subscribe(listener: () => void): () => void;
}

/** Creates a switch that is on the side "online". */
export function createOfflineSwitch(): OfflineSwitch {
  const listeners = new Set<() => void>();
  let isOffline = false;
  return {
    async fetch(...args) {
      if (isOffline) throw new TypeError('The devtools keep this app offline.');
      return globalThis.fetch(...args);
    },
    isOffline: () => isOffline,
    set(offline) {
      isOffline = offline;
      listeners.forEach((listener) => listener());
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
