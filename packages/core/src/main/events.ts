import { checkOptions } from './loading/check-options.ts';

export interface Emitter<Events> {
  on<K extends keyof Events>(name: K, listener: (event: Events[K]) => void): () => void;
  emit<K extends keyof Events>(name: K, event: Events[K]): void;
  clear(): void;
}

/**
 * Creates an emitter of typed events. A listener that throws does not stop the others.
 * @param names the events, separated by bars
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
      for (const listener of listeners.get(name) ?? [])
        callBack(listener as (event: unknown) => void, event);
    },
    clear: () => listeners.clear(),
  };
}

/**
 * Calls a callback of the app. If it throws or its promise rejects, the error is reported and the
 * SDK continues: on a page as an uncaught error; elsewhere on the console, because an uncaught
 * error would end the process.
 */
export function callBack<T>(callback: (event: T) => unknown, event: T): void {
  const report = globalThis.document ? (globalThis.reportError ?? throwLater) : console.error;
  (async () => callback(event))().catch(report);
}

/** Does what `reportError()` does, where a page has no such function, as in jsdom. */
function throwLater(error: unknown): void {
  setTimeout(() => {
    throw error;
  });
}
