import type { Runtime } from '../../runtime/runtime.ts';

/** Whether this is Node, Deno or Bun. Only these have the native backend. */
export function isServer({ startBackends }: Runtime): boolean {
  return startBackends.includes('native');
}
