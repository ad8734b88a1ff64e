import { checkOptions } from './check-options.ts';

export interface Emitter<Events> {
  on<K extends keyof Events>(name: K, listener: (event: Events[K]) => void): () => void;
  emit<K extends keyof Events>(name: K, event: Events[K]): void;
  clear(): void;
}

/**
 * Typed events. A listener that throws does not keep the others from hearing.
 * @param names the events there are, with bars between them
 */
export function createEmitter<Events>(names: string): Emitter<Events> {
  const listeners = new Map<keyof Events, Set<(event: never) => void>>();
  return {
    on(name, listener) {
      const rules = { event: names, listener: 'function' };
      checkOptions('on()', { event: name ?? '', listener: listener ?? '' }, rules);
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set.add(listener as (event: never) => void));
      return () => set.delete(listener as (event: never) => void);
    },
    emit(name, event) {
      for (const listener of listeners.get(name) ?? []) callBack(listener as (event: unknown) => void, event);
    },
    clear: () => listeners.clear(),
  };
}

/**
 * Calls a function that the app gave. If it throws, or its promise rejects, the fault is reported
 * where the app's other faults show, and nothing here stops: on a page as an uncaught error, elsewhere
 * on the console, because there an uncaught error would end the process.
 */
export function callBack<T>(callback: (event: T) => unknown, event: T): void {
  (async () => callback(event))().catch(globalThis.document ? reportError : console.error);
}
