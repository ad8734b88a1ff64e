import { transfer } from 'comlink';
import { parseModelRef } from '@perigee/registry';
import { isQuota, PerigeeError } from '../error.ts';
import type { ErrorCode } from '../error.ts';
import { releaseCallback } from '../rpc/release.ts';
import type { Candidate, InstallProgress, NotKept, Offer, UpdaterApi } from '../rpc/updater-api.ts';
import { keyOf } from '../store/hold-version.ts';
import { updateLock, withLock } from '../store/lock.ts';
import { memoryOverflow } from '../store/memory-overflow.ts';
import type { MemoryOverflow } from '../store/memory-overflow.ts';
import { audit } from './audit.ts';
import { availabilityOf } from './availability.ts';
import { chooseVariant, rolledBackVersion } from './choose-variant.ts';
import { findDeltas } from './find-deltas.ts';
import { handsOver as handsOverTo } from './hand-over.ts';
import { installInMemory, isAnswered, moveToMemory } from './install-in-memory.ts';
import { installVersion } from './install.ts';
import type { Installed, InstalledHere, InstallOptions } from './install.ts';
import { planInstall } from './plan.ts';
import { createRegistryClient } from './registry-client.ts';
import type { RegistryClient } from './registry-client.ts';
import { finishes, registryOf, settled, storeOf } from './state.ts';
import type { UpdaterState } from './state.ts';

type HandedOver = NonNullable<InstalledHere['handedOver']>;

type InstallMethods = Pick<UpdaterApi, 'availability' | 'check' | 'install' | 'cancel'>;

/** Methods that look for a version in the registry and bring it onto this device. */
export function installMethods(state: UpdaterState): InstallMethods {
  return {
    async availability(text, backends) {
      await settled(state, parseModelRef(text).name);
      return availabilityOf(storeOf(state), text, {
        policies: state.registryOptions,
        isArriving: (name) => [...state.arriving.values()].includes(name),
        registry: () => registryOf(state, text),
        backends,
      });
    },
    async check(text, backends) {
      await settled(state, parseModelRef(text).name);
      return offerOf(state, text, backends);
    },
    async install(task, text, backends, onProgress, variant) {
      const controller = new AbortController();
      const { signal } = controller;
      const options = { signal, backends, variant, onProgress: monotonic(onProgress) };
      state.tasks.set(task, controller);
      try {
        const { name } = parseModelRef(text);
        state.arriving.set(task, name);
        return withFiles(await installInTurn(state, text, name, options));
      } catch (error) {
        state.arriving.delete(task);
        throw error;
      } finally {
        state.tasks.delete(task);
        releaseCallback(onProgress);
      }
    },
    async cancel(task) {
      const reason = 'The download was aborted. What arrived is kept.';
      state.tasks.get(task)?.abort(new PerigeeError('ABORTED', reason));
      state.arriving.delete(task);
    },
  };
}

/** The version that the registry offers this device, and how much of it is missing here. */
async function offerOf(
  state: UpdaterState,
  text: string,
  backends: readonly string[],
): Promise<Offer> {
  const registry = registryOf(state, text);
  const { manifest, version, reason, sha256 } = await logged(state, text, () =>
    registry.resolve(text),
  );
  const store = storeOf(state);
  const left = await rolledBackVersion(store, manifest.name, version);
  if (left)
    return {
      version,
      reason: `${version} was rolled back on this device: ${left.reason ?? 'the app asked for it'}`,
      downloadBytes: 0,
      isLeft: true,
    };
  const variant = await chooseVariant(store, manifest, backends);
  const deltas = await findDeltas(store, registry, manifest, variant, sha256);
  const { downloadBytes } = await planInstall(store, manifest, variant, deltas);
  return { version, reason, downloadBytes, isLeft: false };
}

/** Logs expired or unverifiable signatures to the audit log. */
async function logged<T>(state: UpdaterState, ref: string, work: () => Promise<T>): Promise<T> {
  return work().catch(async (error: unknown) => {
    const event = eventOf(error);
    if (event)
      await audit(storeOf(state), {
        event,
        model: parseModelRef(ref).name,
        reason: (error as Error).message,
      }).catch(() => undefined);
    throw error;
  });
}

function eventOf(error: unknown): 'metadata.stale' | 'verify.fail' | undefined {
  // Errors of the registry package have a code, but are no PerigeeError.
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EXPIRED') return 'metadata.stale';
  return code === 'UNTRUSTED' || code === 'INTEGRITY' ? 'verify.fail' : undefined;
}

/**
 * U0: only one tab downloads a model at a time; the others wait and then find it in the store. A
 * version that is handed over before it is stored keeps them waiting until it is.
 */
function installInTurn(
  state: UpdaterState,
  text: string,
  name: string,
  options: InstallOptions,
): Promise<Installed> {
  return new Promise((resolve, reject) => {
    withLock(updateLock(name), options.signal, async () => {
      const handsOver = await handsOverTo(storeOf(state), name);
      const { handedOver, ...installed } = await logged(state, text, () =>
        installOrHold(state, text, { ...options, handsOver }),
      );
      const { candidate } = installed;
      const key = keyOf(candidate);
      const kept = handedOver && keptOrHeld(state, text, candidate, handedOver);
      resolve(installed);
      if (!kept) {
        // An earlier install of it may have failed to store it. That is over.
        const reason = installed.memoryOnlyReason;
        const notKept = reason === null ? null : ({ code: 'QUOTA', reason } as const);
        if (state.storing.has(key)) state.storing.set(key, Promise.resolve(notKept));
        return;
      }
      state.storing.set(key, kept);
      await finishes(state, name, kept).catch(() => undefined);
    }).catch(reject);
  });
}

/**
 * Waits until the store has a version that was handed over. If it has no room, or fails, the
 * version is held in memory. Resolves to the reason for that; null when it is stored.
 */
async function keptOrHeld(
  state: UpdaterState,
  text: string,
  candidate: Candidate,
  { stored, putInto }: HandedOver,
): Promise<NotKept | null> {
  try {
    await stored;
    return null;
  } catch (error) {
    const { fault, overflow } = await roomInMemory(state, text, error, ['QUOTA', 'STORAGE']);
    return moveToMemory(overflow, candidate, putInto, fault);
  }
}

/**
 * Installs a version. If the store has no room and no version of the model is here, installs it in
 * memory.
 */
async function installOrHold(
  state: UpdaterState,
  text: string,
  options: InstallOptions,
): Promise<InstalledHere> {
  try {
    return await installVersion(storeOf(state), registryOf(state, text), text, options);
  } catch (error) {
    const { fault, overflow, registry } = await roomInMemory(state, text, error);
    return installInMemory(overflow, registry, text, options, fault);
  }
}

interface RoomInMemory {
  readonly fault: PerigeeError;
  readonly overflow: MemoryOverflow;
  readonly registry: RegistryClient;
}

/**
 * Extends the store by memory, if it has no room and no version of the model is here.
 * @param codes faults of the store after which memory takes over
 * @throws the fault of the store otherwise
 */
async function roomInMemory(
  state: UpdaterState,
  text: string,
  fault: unknown,
  codes: readonly ErrorCode[] = ['QUOTA'],
): Promise<RoomInMemory> {
  if (!(fault instanceof PerigeeError && codes.includes(fault.code))) throw fault;
  const store = storeOf(state);
  const { name } = parseModelRef(text);
  if (isQuota(fault))
    await audit(store, { event: 'quota', model: name, reason: fault.message }).catch(
      () => undefined,
    );
  const { registryOptions } = state;
  if (!registryOptions || (await isAnswered(store, registryOptions, text))) throw fault;
  const overflow = (state.overflow ??= memoryOverflow(store));
  state.store = overflow.combined;
  state.registry = createRegistryClient(state.store, registryOptions, state.ask);
  return { fault, overflow, registry: state.registry };
}

/** Moves the files to the page instead of copying them. */
function withFiles(installed: Installed): Installed {
  const files = Object.values(installed.files ?? {});
  return transfer(
    installed,
    files.map(({ buffer }) => buffer),
  );
}

/** Makes progress monotonic: bytes of a discarded attempt are not subtracted. */
function monotonic(onProgress: InstallProgress): InstallProgress {
  let most = 0;
  return (loadedBytes, totalBytes, model) => {
    most = Math.max(most, loadedBytes);
    // The callback runs in the page. The page reports its failures; they must not end this worker.
    Promise.resolve(onProgress(most, totalBytes, model) as unknown).catch(() => undefined);
  };
}
