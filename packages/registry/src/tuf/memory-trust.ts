import type { TrustStore } from './trust-store.ts';

/** Trusted metadata that lasts as long as the process, from a root on. */
export function memoryTrust(root: Uint8Array): TrustStore {
  const kept = new Map([['root', root]]);
  return { read: async (role) => kept.get(role), write: async (role, bytes) => void kept.set(role, bytes) };
}
