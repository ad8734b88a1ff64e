import { formatModelRef, parseModelRef, sha256Hex } from '@perigee/registry';
import type { DeltaIndex, Manifest, Sha256, Variant } from '@perigee/registry';
import type { ModelFacts } from '../rpc/inference-api.ts';
import type { Candidate, InstallProgress } from '../rpc/updater-api.ts';
import { isQuota, PerigeeError } from '../error.ts';
import type { ModelStore, VersionRecord } from '../store/store.ts';
import { collectGarbage } from './collect-garbage.ts';
import { createAssembly, fitsInMemory } from './assembly.ts';
import type { Assembly, Files } from './assembly.ts';
import { chooseVariant } from './choose-variant.ts';
import { findDeltas } from './find-deltas.ts';
import { downloadObjects } from './download.ts';
import type { Stored } from './download.ts';
import { createLateWriter, fetchFresh, putVersionFiles, withRoom } from './hand-over.ts';
import type { HandedOver, LateWriter } from './hand-over.ts';
import { leaseVersion } from './lease.ts';
import { loadStored, staysInStore } from '../store/load-stored.ts';
import { noRoom } from './no-room.ts';
import { planInstall, wantedObjects } from './plan.ts';
import { afterSweeps } from './sweeps.ts';
import type { RegistryClient } from './registry-client.ts';

export interface InstallOptions {
  readonly signal: AbortSignal;
  /** The backends of this device. */
  readonly backends: readonly string[];
  /** The variant to install, whatever the backends are. */
  readonly variant?: string | undefined;
  /** Whether to hand the version over before it is stored, if nothing of it is stored. */
  readonly handsOver?: boolean;
  readonly onProgress: InstallProgress;
}

export interface Installed {
  readonly candidate: Candidate;
  /**
   * The verified files, to be opened without reading them back; null when they must be read from
   * the store.
   */
  readonly files: Files | null;
  /** Why the version is only in memory; null when it is in the store. */
  readonly memoryOnlyReason: string | null;
  /** Whether the store has the version. If not yet, `activate` waits until it has. */
  readonly isStored: boolean;
}

/** The result of an install, inside this worker. */
export interface InstalledHere extends Installed {
  /** Present for a version that was handed over before it was stored. */
  readonly handedOver?: Pick<HandedOver, 'stored' | 'putInto'>;
}

/**
 * Downloads the version that a reference names and verifies every byte. It does not become active.
 * The steps are those of the update algorithm (U1–U9, docs/internals/update-algorithm.md). If the
 * page is killed at any step, the old version still answers and the next install continues from
 * there.
 */
export async function installVersion(
  store: ModelStore,
  registry: RegistryClient,
  text: string,
  options: InstallOptions,
): Promise<InstalledHere> {
  // U1–U4: find out what the registry offers for this reference.
  const { manifest, manifestBytes, version, sha256, reason } = await registry.resolve(
    text,
    options.signal,
  );
  const ref = formatModelRef(parseModelRef(text));
  const variant =
    manifest.variants.find(({ id }) => id === options.variant) ??
    (await chooseVariant(store, manifest, options.backends));
  const { objects, sizeBytes } = wantedObjects(manifest, variant);
  const wireBytes = objects.reduce((sum, object) => sum + object.wireBytes, 0);
  // The runtime that the model needs starts before anything is written. There are no deltas yet.
  if (options.handsOver) options.onProgress(0, wireBytes, factsOf(variant));
  const candidate: Candidate = {
    ref,
    model: manifest.name,
    version,
    variant: variant.id,
    engine: variant.engine,
    sizeBytes,
    reason,
  };

  // U5: staging. Readers ignore a staging record, but garbage collection respects it, so it is
  // written before the check for missing objects.
  const record: VersionRecord = {
    model: manifest.name,
    version,
    variant: variant.id,
    state: 'staging',
    manifest: manifestBytes,
    manifestSha256: sha256,
    objects: objects.map((object) => object.sha256),
    sizeBytes,
    attempts: 0,
  };
  const staged = stage(store, record);
  // The caller awaits it, unless the download fails before.
  staged.catch(() => undefined);
  const plan = options.handsOver ? await planInstall(store, manifest, variant) : undefined;
  if (plan && plan.missing.length === plan.objects.length && fitsInMemory(variant)) {
    const { onProgress, signal } = options;
    const onBytes = reporter(onProgress, 0, wireBytes);
    const { files, ...handedOver } = await fetchFresh(store, registry, manifest, plan, staged, {
      signal,
      onBytes,
    });
    return { candidate, files, memoryOnlyReason: null, isStored: false, handedOver };
  }
  await staged;

  // U6–U8: fetch the missing objects and verify each before it is stored.
  // Files that stay in the store are put together and checked there.
  const assembly = createAssembly(variant, fitsInMemory(variant) && !staysInStore(store, variant));
  const deltas = await findDeltas(store, registry, manifest, variant, sha256, options.signal);
  const wanted = { manifest, variant, deltas };
  const fetched =
    store.kind === 'indexeddb' && fitsInMemory(variant) ? fetchedFor(store, variant, staged) : null;
  await fetchMissing(store, registry, wanted, { assembly, fetched }, options);

  // U9: verify the whole files. Only then does the version count as verified.
  let files = (await assembly.complete(store)) ?? null;
  if (files && fetched) await storeWhole(store, wanted, files, fetched);
  // The fault occurs again when the files are read back.
  else await fetched?.writer.flush().catch(() => undefined);
  files ??= await readBack(store, registry, wanted, options);
  // Another tab may activate or reject it meanwhile.
  await store.changeVersion(candidate, ['staging'], { state: 'verified' });
  await leaseVersion(store, candidate);
  return { candidate, files, memoryOnlyReason: null, isStored: true };
}

/** Records a version, so that garbage collection keeps its objects. */
async function stage(store: ModelStore, record: VersionRecord): Promise<void> {
  await leaseVersion(store, record);
  await store.stageVersion(record);
  await afterSweeps(store, record.objects);
}

/** Objects that were fetched for a store that keeps whole files. It has those that took long. */
interface Fetched {
  readonly writer: LateWriter;
  readonly digests: Set<Sha256>;
  /** Those that belong to no file. */
  readonly rest: Stored[];
}

function fetchedFor(store: ModelStore, { chunks }: Variant, staged: Promise<void>): Fetched {
  const parts = new Set(chunks.map(({ sha256 }) => sha256));
  const digests = new Set<Sha256>();
  const rest: Stored[] = [];
  const late = createLateWriter(store, staged);
  return {
    digests,
    rest,
    writer: {
      ...late,
      add(object) {
        digests.add(object.sha256);
        if (!parts.has(object.sha256)) rest.push(object);
        return late.add(object);
      },
      // Waiting objects are written as parts of whole files, if these turn out right.
      end: async () => undefined,
    },
  };
}

/** Stores each file of which something was fetched in one piece, and the other fetched objects. */
async function storeWhole(
  store: ModelStore,
  { manifest, variant }: Wanted,
  files: Files,
  { writer, digests, rest }: Fetched,
): Promise<void> {
  const fetched = new Set(
    variant.chunks.flatMap(({ sha256 }, index) => (digests.has(sha256) ? [index] : [])),
  );
  const wholes = new Map(
    variant.files
      .filter(({ chunks }) => chunks.some((index) => fetched.has(index)))
      .map(({ path }) => [path, new Blob([files[path] ?? new Uint8Array()])]),
  );
  // A group that is written after its file would be stored a second time.
  await writer.idle();
  try {
    await withRoom(store, manifest, variant, () => putVersionFiles(store, variant, wholes, rest));
  } catch (error) {
    // Chunks can be stored where whole files cannot, or have no room: a file has all of its chunks
    // once more, also those that did not change. They are packed later, if that works then.
    await writer.flush().catch(() => {
      throw error;
    });
  }
}

/** Verifies the files by reading them back from the store. Damaged objects are fetched again. */
async function readBack(
  store: ModelStore,
  registry: RegistryClient,
  wanted: Wanted,
  options: InstallOptions,
): Promise<null> {
  const {
    manifest: { name, version },
    variant,
  } = wanted;
  const check = async (): Promise<void> => {
    const stays = (): boolean => staysInStore(store, variant);
    const { files, onDisk, verified } = await loadStored(store, name, version, variant.id, {
      mayStay: stays,
    });
    await verified;
    for (const file of Object.values(onDisk ?? {})) file.close();
    for (const { path, sha256 } of variant.files) {
      // The whole file was checked.
      if (onDisk?.[path]) continue;
      if (files[path] && (await sha256Hex(files[path])) === sha256) continue;
      throw new PerigeeError(
        'INTEGRITY',
        `"${path}" of ${name}@${version} is not what its manifest lists (SHA-256 ${sha256}), ` +
          'although all of its chunks are. Pack and publish it again.',
        { details: { path, sha256 } },
      );
    }
  };
  try {
    await check();
  } catch (error) {
    // A stored object was damaged, or another tab collected it meanwhile.
    if (!(error instanceof PerigeeError) || error.details['stored'] !== true) throw error;
    await fetchMissing(store, registry, wanted, { assembly: null, fetched: null }, options);
    await check();
  }
  return null;
}

interface Wanted {
  readonly manifest: Manifest;
  readonly variant: Variant;
  readonly deltas: DeltaIndex | null;
}

/** Takes fetched objects besides the store. */
interface Into {
  readonly assembly: Assembly | null;
  /** Takes them instead of the store, if it is to get whole files. */
  readonly fetched: Fetched | null;
}

async function fetchMissing(
  store: ModelStore,
  registry: RegistryClient,
  wanted: Wanted,
  into: Into,
  options: InstallOptions,
): Promise<void> {
  try {
    await fetchOnce(store, registry, wanted, into, options);
  } catch (error) {
    if (!isQuota(error)) throw error;
    // Make room by deleting objects that no version needs. Versions in use are kept.
    await collectGarbage(store);
    await fetchOnce(store, registry, wanted, into, options).catch(async (cause: unknown) => {
      if (!isQuota(cause)) throw cause;
      throw await noRoom(store, wanted.manifest, wanted.variant, cause);
    });
  }
}

function factsOf({ engine, entry, files }: Variant): ModelFacts {
  const sizeBytes = files.find(({ path }) => path === entry)?.sizeBytes ?? 0;
  return { engine, entry, sizeBytes };
}

/** Returns a function that reports the bytes that arrive, after those that are here. */
function reporter(
  onProgress: InstallProgress,
  loadedBytes: number,
  totalBytes: number,
): (bytes: number) => void {
  let loaded = loadedBytes;
  return (bytes) => {
    loaded += bytes;
    onProgress(Math.min(loaded, totalBytes), totalBytes);
  };
}

async function fetchOnce(
  store: ModelStore,
  registry: RegistryClient,
  wanted: Wanted,
  { assembly, fetched }: Into,
  { signal, onProgress }: InstallOptions,
): Promise<void> {
  const plan = await planInstall(store, wanted.manifest, wanted.variant, wanted.deltas);
  const { objects, missing, downloadBytes } = plan;
  const absent = new Set(missing.map(({ sha256 }) => sha256));
  const totalBytes =
    downloadBytes +
    objects.reduce((sum, { sha256, wireBytes }) => sum + (absent.has(sha256) ? 0 : wireBytes), 0);
  const loadedBytes = totalBytes - downloadBytes;
  onProgress(loadedBytes, totalBytes, factsOf(wanted.variant));
  await downloadObjects(plan, registry, store, {
    signal,
    onObject: (sha256, bytes) => assembly?.place(sha256, bytes),
    onBytes: reporter(onProgress, loadedBytes, totalBytes),
    ...(fetched && { writer: fetched.writer }),
  });
  onProgress(totalBytes, totalBytes);
}
