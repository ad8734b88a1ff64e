import { isVersion, parseModelRef } from '@perigee/registry';
import type { ModelStore, Pointer, VersionRecord } from '../store/store.ts';
import { blockedHere } from './policy.ts';
import type { Registry } from './trust.ts';

/**
 * Returns the version that a reference can go back to: the previous one, if it is stored, may run
 * and is not bad.
 */
export async function versionBefore(
  store: ModelStore,
  registry: Registry | null,
  { ref, model, previous }: Pointer,
): Promise<VersionRecord | undefined> {
  if (!previous || !isMeant(ref, previous.version)) return undefined;
  const record = await store.getVersion(model, previous.version, previous.variant);
  if (!record || record.state === 'bad') return undefined;
  return (await blockedHere(store, registry, model, previous.version)) === null
    ? record
    : undefined;
}

/**
 * Whether a version can answer for a reference. A reference to an exact version matches only that
 * version.
 */
export function isMeant(ref: string, version: string): boolean {
  const { selector } = parseModelRef(ref);
  return selector.kind === 'channel' || !isVersion(selector.range) || selector.range === version;
}
