import { formatModelRef, parseModelRef } from '@perigee/registry';
import type { PerigeeError } from '../error.ts';
import type { Candidate, NotKept } from '../rpc/updater-api.ts';
import type { MemoryOverflow } from '../store/memory-overflow.ts';
import type { ModelStore } from '../store/store.ts';
import { collectGarbage } from './collect-garbage.ts';
import { installVersion } from './install.ts';
import type { Installed, InstallOptions } from './install.ts';
import { blockedHere } from './policy.ts';
import type { RegistryClient } from './registry-client.ts';
import type { Registry } from './trust.ts';
import { isMeant, versionBefore } from './version-before.ts';

/** Number of objects moved at once. */
const GROUP = 16;

/** Whether a version on this device answers for the reference. */
export async function isAnswered(
  store: ModelStore,
  registry: Registry | null,
  text: string,
): Promise<boolean> {
  const pointer = await store.getPointer(formatModelRef(parseModelRef(text)));
  if (!pointer || !isMeant(pointer.ref, pointer.active.version)) return false;
  const { model, active } = pointer;
  if (!(await store.getVersion(model, active.version, active.variant))) return false;
  if ((await blockedHere(store, registry, model, active.version)) === null) return true;
  // A blocked version is replaced by the previous version, if that is here.
  return (await versionBefore(store, registry, pointer)) !== undefined;
}

/**
 * Installs a model's first version in memory because the store has no room for it. It is verified
 * like any other and answers until this worker ends. Objects that were already stored are moved to
 * memory, which frees their room and saves fetching them again.
 */
export async function installInMemory(
  { store, toMemory }: MemoryOverflow,
  registry: RegistryClient,
  text: string,
  options: InstallOptions,
  cause: PerigeeError,
): Promise<Installed> {
  const { name } = parseModelRef(text);
  for (const { version, variant, state, objects } of await store.listVersions(name)) {
    if (state !== 'staging') continue;
    for (let at = 0; at < objects.length; at += GROUP) {
      const group = objects.slice(at, at + GROUP);
      const found = await store.getObjects(group);
      await toMemory.putObjects(
        group.flatMap((sha256, i) => (found[i] ? [{ sha256, bytes: found[i] }] : [])),
      );
    }
    await store.deleteVersion(name, version, variant);
  }
  await collectGarbage(store);
  // Memory has the version before it is handed over.
  const installed = await installVersion(toMemory, registry, text, {
    ...options,
    handsOver: false,
  });
  return { ...installed, memoryOnlyReason: notKept(installed.candidate, cause).reason };
}

/**
 * Moves a version to memory that was handed over, and that the store turned out to have no room
 * for, or failed to store. Its worker can then be opened again. The registry gets no request: it may
 * offer another version by now, or be out of reach.
 * @param putInto puts all objects of the version into a store
 * @returns why the version is only in memory
 */
export async function moveToMemory(
  { store, toMemory }: MemoryOverflow,
  candidate: Candidate,
  putInto: (other: ModelStore) => Promise<void>,
  cause: PerigeeError,
): Promise<NotKept> {
  const { model, version, variant } = candidate;
  const record = await store.getVersion(model, version, variant);
  if (!record) throw cause;
  await putInto(toMemory);
  // A trial may have begun or ended meanwhile.
  await toMemory.stageVersion(record);
  // Garbage collection deletes the rest of the version from the store that failed.
  await store
    .deleteVersion(model, version, variant)
    .then(() => collectGarbage(store))
    .catch(() => undefined);
  return notKept(candidate, cause);
}

function notKept({ model, version }: Candidate, { code, message, details }: PerigeeError): NotKept {
  const { neededBytes } = details;
  const what = `${model}@${version} answers from memory and was not kept`;
  if (code === 'STORAGE') return { code, reason: `${what}. ${message}` };
  const why =
    typeof neededBytes === 'number'
      ? `it needs ${neededBytes} bytes more than this device has room for`
      : 'there is no room left on this device';
  const remedy = 'Remove models you no longer use (perigee.remove), or free disk space.';
  return { code: 'QUOTA', reason: `${what}: ${why}. ${remedy}` };
}
