import type { Runtime } from '../runtime/runtime.ts';

/** Node, Deno or Bun: what is not a browser has the native runtime. */
export function isServer({ startBackends }: Runtime): boolean {
  return startBackends.includes('native');
}
