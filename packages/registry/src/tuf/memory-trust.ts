import type { TrustStore } from './trust-store.ts';

/**
 * A trust store in memory that starts from a root and lasts as long as the process.
 * @param root bytes of a trusted root file
 * @example
 * ```ts
 * const trust = memoryTrust(await readFile('root.json'));
 * ```
 */
export function memoryTrust(root: Uint8Array): TrustStore {
  const kept = new Map([['root', root]]);
  return {
    read: async (role) => kept.get(role),
    write: async (role, bytes) => void kept.set(role, bytes),
  };
}
