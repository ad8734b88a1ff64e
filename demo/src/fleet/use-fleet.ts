import { useSyncExternalStore } from 'react';
import type { Command, Snapshot } from './protocol.ts';

export interface FleetView {
  /** Null until the worker has simulated the first hours. */
  readonly snapshot: Snapshot | null;
  readonly fault: string | null;
}

let worker: Worker | undefined;
let view: FleetView = { snapshot: null, fault: null };
const listeners = new Set<() => void>();

function show(next: Partial<FleetView>): void {
  view = { ...view, ...next };
  for (const listener of listeners) listener();
}

function start(): Worker {
  const made = new Worker(new URL('./worker.ts', import.meta.url), {
    type: 'module',
    name: 'simulated-fleet',
  });
  made.addEventListener('message', ({ data }: MessageEvent<Snapshot>) =>
    show({ snapshot: data, fault: null }),
  );
  made.addEventListener('error', ({ message }) =>
    show({ fault: message || 'The simulation could not be started.' }),
  );
  document.addEventListener('visibilitychange', pauseUnwatched);
  return made;
}

/** The fleet stands still while no page shows it. */
function pauseUnwatched(): void {
  command({ type: 'pause', paused: listeners.size === 0 || document.hidden });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  worker ??= start();
  pauseUnwatched();
  return () => {
    listeners.delete(listener);
    pauseUnwatched();
  };
}

/** The simulated fleet. All pages show the same one. */
export function useFleet(): FleetView {
  return useSyncExternalStore(subscribe, () => view);
}

export function command(one: Command): void {
  worker?.postMessage(one);
}

/** Ends the worker after a fault, and starts another one. */
export function restartFleet(): void {
  worker?.terminate();
  worker = start();
  show({ snapshot: null, fault: null });
  pauseUnwatched();
}
