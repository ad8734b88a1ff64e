import { formatModelRef, parseModelRef } from '@perigee/registry';
import type { Availability } from '../storage-types.ts';
import { asPerigeeError } from '../rpc/error-wire.ts';
import type { ModelStore } from '../store/store.ts';
import { chooseVariant } from './choose-variant.ts';
import { isAnswered } from './install-in-memory.ts';
import { isLocked, updateLock } from '../store/lock.ts';
import type { RegistryClient } from './registry-client.ts';
import { isOnTrial } from './trial-marks.ts';
import type { Registry } from './trust.ts';

/** Faults of the call or this device. All other faults mean that the model is unavailable. */
const THROWN: ReadonlySet<unknown> = new Set(['INVALID_INPUT', 'INVALID_CONFIG', 'STORAGE']);

export interface AvailabilityOptions {
  /** Whether this worker is downloading the model of this name. */
  isArriving(name: string): boolean;
  readonly registry: () => RegistryClient;
  /** The registry whose revocations and floors apply. */
  readonly policies: Registry | null;
  /** The backends of this device. */
  readonly backends: readonly string[];
}

/**
 * Says how a load would find a model. Fetches only the registry's metadata, and not even that when
 * a version on this device answers or one is being downloaded.
 * @throws PerigeeError INVALID_INPUT, INVALID_CONFIG, STORAGE
 */
export async function availabilityOf(
  store: ModelStore,
  text: string,
  { isArriving, registry, policies, backends }: AvailabilityOptions,
): Promise<Availability> {
  const ref = parseModelRef(text);
  if (await isAnswered(store, policies, formatModelRef(ref))) return 'available';
  if (isArriving(ref.name) || (await isFetched(store, ref.name))) return 'downloading';
  try {
    const { manifest } = await registry().resolve(text);
    await chooseVariant(store, manifest, backends);
    return 'downloadable';
  } catch (error) {
    const code = asPerigeeError(error)?.code;
    if (code === undefined || THROWN.has(code)) throw error;
    return 'unavailable';
  }
}

/** Whether any tab is downloading or trying a version of this model. */
async function isFetched(store: ModelStore, name: string): Promise<boolean> {
  if (await isLocked(updateLock(name))) return true;
  const trials = (await store.listVersions(name)).map(isOnTrial);
  return (await Promise.all(trials)).includes(true);
}
