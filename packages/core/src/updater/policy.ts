import { blockedBy, formatModelRef, isVersion } from '@perigee/registry';
import type { ChannelFile, ModelRef } from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import type { ModelStore } from '../store/store.ts';
import { registryId } from './trust.ts';
import type { Registry } from './trust.ts';

/**
 * Policies and decisions about models, stored on this device so that they apply without a network.
 */

type Policy = Pick<ChannelFile, 'sequence' | 'floor' | 'revoked'>;

/** Prefix of keys. The registry's id follows, then a colon and the model. */
const PREFIX = 'policy:';

/** Returns the random seed of rollout decisions, which is generated here and never sent. */
export async function installIdOf(store: ModelStore): Promise<string> {
  const known = await store.getValue('install-id');
  if (typeof known === 'string') return known;
  const made = crypto.randomUUID();
  await store.putValue('install-id', made);
  return made;
}

/**
 * Stores the floor and revocations of a channel file. An older file of the same registry changes
 * nothing. Registries number their files separately, so each registry's policy is stored
 * separately.
 */
export async function rememberPolicy(
  store: ModelStore,
  registry: Registry,
  { model, sequence, floor, revoked }: ChannelFile,
): Promise<void> {
  const key = await policyKey(store, registry, model);
  const known = (await store.getValue(key)) as Policy | undefined;
  if (known && known.sequence >= sequence) return;
  await store.putValue(key, {
    sequence,
    ...(floor !== undefined && { floor }),
    ...(revoked && { revoked }),
  } satisfies Policy);
}

/**
 * Returns why a version must not run here, by the policies seen last; null when it may.
 * @param registry null when the app names none: the policies of all registries then apply
 */
export async function blockedHere(
  store: ModelStore,
  registry: Registry | null,
  model: string,
  version: string,
): Promise<string | null> {
  return (await blockingHere(store, registry, model))(version);
}

/** As `blockedHere`, for versions that are not known yet. */
export async function blockingHere(
  store: ModelStore,
  registry: Registry | null,
  model: string,
): Promise<(version: string) => string | null> {
  const known = registry
    ? [await store.getValue(await policyKey(store, registry, model))]
    : (await store.getValues(PREFIX))
        .filter(([key]) => key.endsWith(`:${model}`))
        .map(([, value]) => value);
  return (version) => {
    const reasons = known.map((policy) => (policy ? blockedBy(policy as Policy, version) : null));
    return reasons.find((reason) => reason !== null) ?? null;
  };
}

async function policyKey(store: ModelStore, registry: Registry, model: string): Promise<string> {
  return `${PREFIX}${await registryId(store, registry)}:${model}`;
}

export async function pinOf(store: ModelStore, ref: ModelRef): Promise<string | undefined> {
  const pinned = await store.getValue(`pin:${formatModelRef(ref)}`);
  return typeof pinned === 'string' ? pinned : undefined;
}

/**
 * Pins a reference to a version.
 * @param version null to follow the channel or range again
 * @throws PerigeeError INVALID_INPUT when it is not a whole version
 */
export async function pin(store: ModelStore, ref: ModelRef, version: string | null): Promise<void> {
  if (version !== null && !isVersion(version)) {
    throw new PerigeeError(
      'INVALID_INPUT',
      `pin("${formatModelRef(ref)}", "${version}"): expected a whole version, such as 1.2.0, ` +
        `or null to follow the channel again. For a range load "${ref.name}@${version}".`,
    );
  }
  const key = `pin:${formatModelRef(ref)}`;
  await (version === null ? store.deleteValue(key) : store.putValue(key, version));
}
