import { blockedBy, formatModelRef, isVersion } from '@perigee/registry';
import type { ChannelFile, ModelRef } from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import type { ModelStore } from '../store/store.ts';

/** What this device was told or decided about models, kept beside them so that it holds without network. */

type Policy = Pick<ChannelFile, 'sequence' | 'floor' | 'revoked'>;

/** Random, made here, sent nowhere; it decides about rollouts. */
export async function installIdOf(store: ModelStore): Promise<string> {
  const known = await store.getValue('install-id');
  if (typeof known === 'string') return known;
  const made = crypto.randomUUID();
  await store.putValue('install-id', made);
  return made;
}

/** An older file than the one known changes nothing. */
export async function rememberPolicy(store: ModelStore, { model, sequence, floor, revoked }: ChannelFile): Promise<void> {
  const known = await policyOf(store, model);
  if (known && known.sequence >= sequence) return;
  await store.putValue(`policy:${model}`, { sequence, ...(floor !== undefined && { floor }), ...(revoked && { revoked }) } satisfies Policy);
}

/** Why a version must not run here, by what was seen last; null when it may. */
export async function blockedHere(store: ModelStore, model: string, version: string): Promise<string | null> {
  const known = await policyOf(store, model);
  return known ? blockedBy(known, version) : null;
}

export async function pinOf(store: ModelStore, ref: ModelRef): Promise<string | undefined> {
  const pinned = await store.getValue(`pin:${formatModelRef(ref)}`);
  return typeof pinned === 'string' ? pinned : undefined;
}

/**
 * @param version null: follow the channel or range again
 * @throws PerigeeError INVALID_INPUT where it is not a whole version
 */
export async function pin(store: ModelStore, ref: ModelRef, version: string | null): Promise<void> {
  if (version !== null && !isVersion(version)) {
    throw new PerigeeError('INVALID_INPUT', `pin("${formatModelRef(ref)}", "${version}"): expected a whole version, such as 1.2.0, or null to follow the channel again. For a range load "${ref.name}@${version}".`);
  }
  const key = `pin:${formatModelRef(ref)}`;
  await (version === null ? store.deleteValue(key) : store.putValue(key, version));
}

async function policyOf(store: ModelStore, model: string): Promise<Policy | undefined> {
  return (await store.getValue(`policy:${model}`)) as Policy | undefined;
}
