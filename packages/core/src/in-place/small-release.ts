import { parseManifest } from '@perigee/registry';
import type { Manifest, Variant } from '@perigee/registry';
import { checkContract } from '../inference/check-signature.ts';
import { trialsOf } from '../inference/known-trials.ts';
import { countEvent, countGroundTruth } from '../inference/count-outside.ts';
import type { Observer } from '../inference/observer.ts';
import { partsOf } from '../inference/of-release.ts';
import { checkWasmUrl } from '../inference/start-runtime.ts';
import type { BackendRequest, Remembered } from '../main/backends/choose-backend.ts';
import { contestOf } from '../rpc/contest.ts';
import type { OpenWorker } from '../main/backends/open-worker.ts';
import type { Opening } from '../main/memory-budget.ts';
import type { VersionIdentity } from '../main/versions/open-version.ts';
import { compileRecords } from '../pipeline/compile-with.ts';
import { asPerigeeError, packError } from '../rpc/error-wire.ts';
import { holdVersion } from '../store/hold-version.ts';
import { createIndexedDbStore } from '../store/indexeddb.ts';
import { readRelease } from '../store/load-stored.ts';
import type { ModelStore } from '../store/store.ts';
import { confirmedVersion } from '../updater/active-version.ts';
import type { Registry } from '../updater/trust.ts';
import type { Here } from './here.ts';
import { openLimited } from './open-limited.ts';
import { MAX_BYTES } from './read-small.ts';
import { runHere } from './run-here.ts';
import type { Lent, ToOpenHere } from './to-open.ts';

/** A larger version, with its manifest, golden samples and reference, takes long to read. */
const MAX_RELEASE_BYTES = 2 * MAX_BYTES;

/** A reference whose version may be small enough for the thread that loads it. */
export interface ReleaseToOpen extends Pick<ToOpenHere, 'lent' | 'runtime' | 'signal'> {
  readonly ref: string;
  /** Name of the database. */
  readonly store: string;
  readonly registry: Registry | null;
  /** Everything needed to open a version again, in a worker. */
  requestOf(version: VersionIdentity): BackendRequest;
  /** Opens a worker when there is memory for it. */
  inRoom<T>(opening: Opening, open: () => Promise<T>): Promise<T>;
}

/** A version that was opened in this thread. */
export interface OpenRelease {
  readonly version: VersionIdentity;
  readonly worker: OpenWorker;
  readonly request: BackendRequest;
  /** The results of earlier trials of the backends. */
  readonly trials: Remembered['trials'];
}

/** A version that is not for this thread: its files or its runs are too large, or it takes images. */
export interface TooLarge {
  readonly large: string;
}

/** A version with its manifest and the variant to open. */
interface Found {
  readonly version: VersionIdentity;
  readonly manifest: Manifest;
  readonly variant: Variant;
}

/**
 * Opens the version that answers for a reference in this thread, without a worker, and changes
 * nothing in the store. Its bytes are verified before it runs. Null if a worker must open it, or
 * the updater must say which version answers.
 * @throws PerigeeError when the store or the version is at fault, which a worker reports as well
 */
export async function openRelease(toOpen: ReleaseToOpen): Promise<OpenRelease | TooLarge | null> {
  const store = createIndexedDbStore(toOpen.store);
  let opened: OpenRelease | TooLarge | null = null;
  try {
    const found = await find(toOpen, store);
    if (!found || 'large' in found) return found;
    opened = await open(toOpen, store, found);
    return opened;
  } finally {
    if (!opened || 'large' in opened) await store.close();
  }
}

/** The version to open; null unless it is confirmed and allowed. */
async function find(
  { ref, registry }: ReleaseToOpen,
  store: ModelStore,
): Promise<Found | TooLarge | null> {
  const record = await confirmedVersion(store, ref, registry);
  if (!record) return null;
  const { manifest: bytes, sizeBytes, model, version, variant: id } = record;
  if (bytes.byteLength + sizeBytes > MAX_RELEASE_BYTES) return { large: version };
  const manifest = parseManifest(bytes);
  const variant = manifest.variants.find((one) => one.id === id);
  if (!variant || !mayBeSmall(manifest, variant)) return { large: version };
  return { version: { model, version, variant: id, engine: 'onnx', sizeBytes }, manifest, variant };
}

/** Whether it is one ONNX file that is small, for plain JavaScript, and takes no images. */
function mayBeSmall({ pipeline }: Manifest, variant: Variant): boolean {
  const { engine = 'onnx', entry, files, requires } = variant;
  return (
    engine === 'onnx' &&
    /\.onnx$/i.test(entry) &&
    files.length === 1 &&
    files.every(({ sizeBytes }) => sizeBytes <= MAX_BYTES) &&
    (requires?.backends?.includes('cpu') ?? true) &&
    (!pipeline || pipeline.preprocess[0]?.op === 'tabular')
  );
}

/** Opens the version; null if it was not tried on this device. */
async function open(
  { lent, runtime, signal, requestOf, inRoom }: ReleaseToOpen,
  store: ModelStore,
  { version, manifest, variant }: Found,
): Promise<OpenRelease | TooLarge | null> {
  const startMs = performance.now();
  const request = requestOf(version);
  const { recipe } = request;
  const toOpen: ToOpenHere = {
    lent,
    runtime,
    recipe,
    answer: undefined,
    signal,
    inRoom: (over, work) => inRoom({ fileBytes: version.sizeBytes, signal: over }, work),
  };
  checkWasmUrl(recipe);
  const release = holdVersion(version);
  let worker: OpenWorker | undefined;
  try {
    const [stored, trials] = await Promise.all([
      readRelease(store, manifest, variant, { withoutGolden: true }),
      trialsOf(store, contestOf(request), 'cpu'),
    ]);
    if (!trials) return null;
    const opened = await openLimited(toOpen, stored, startMs, async (signature) => {
      await stored.verified;
      checkContract(stored, signature);
    });
    if (!opened) return { large: version.version };
    const parts = await partsOf(store, stored, 'cpu', recipe.observe || null, compileRecords);
    signal?.throwIfAborted();
    parts.observer?.loaded(opened.opened.timing.totalMs);
    worker = runHere(
      toOpen,
      {
        mayRun: opened.mayRun,
        model: { ...opened.model, ...parts },
        opened: { ...opened.opened, manifest },
      },
      { counting: countingOf(parts.observer, lent) },
    );
    worker.connection.endings.add(() => {
      release();
      void store.close();
    });
    return { version, worker, request, trials };
  } finally {
    if (!worker) release();
  }
}

/** The methods of a worker that count. Their errors are of the main bundle, as a worker's are. */
function countingOf(observer: Observer | null, { unpackError }: Lent): Here['counting'] {
  const refuse = (error: unknown): never => {
    const known = asPerigeeError(error);
    throw known ? unpackError(packError(known)) : error;
  };
  return {
    // Only workers read a store in memory.
    relink: async (port) => port?.close(),
    record: async () => observer?.record().catch(refuse),
    count: async (event) => countEvent(observer, event),
    feedback: (id, groundTruth) => countGroundTruth(observer, id, groundTruth).catch(refuse),
  };
}
