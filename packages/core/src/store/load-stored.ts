import { digestOfFile } from '#scope';
import { parseReference, referenceId } from '@perigee/profile';
import type { ReferenceProfile } from '@perigee/profile';
import {
  assembleFile,
  checkChunks,
  parseGolden,
  parseManifest,
  RegistryError,
  sha256Hex,
} from '@perigee/registry';
import type {
  Chunk,
  GoldenSamples,
  Manifest,
  ModelFile,
  ObjectRef,
  Sha256,
  Variant,
} from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import type { Files } from '../updater/assembly.ts';
import type { ModelStore, OpenFile } from './store.ts';

/** A stored version, as the inference worker needs it. */
export interface StoredRelease {
  readonly manifest: Manifest;
  readonly variant: Variant;
  readonly entry: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Files that stay in the store, instead of `files`. Whoever opens the model closes them. */
  readonly onDisk?: Readonly<Record<string, OpenFile>>;
  /**
   * Settles when every file has been checked against its digest. Until then no output may be
   * returned.
   */
  readonly verified: Promise<void>;
  /**
   * Parses the golden samples: a megabyte of JSON for an image model, which most openings do not
   * need.
   */
  golden(): GoldenSamples | null;
  readonly reference: { readonly id: string; readonly reference: ReferenceProfile } | null;
  /**
   * Packs the files that were read chunk by chunk, where one piece is faster to read. A failure
   * only costs time.
   */
  pack(): Promise<void>;
}

/** Number of chunks read at once: enough to keep the store busy, with little memory. */
const READ_AHEAD = 8;
/** Files of smaller versions are read as a whole, which is faster. */
const MIN_STAYING_BYTES = 8 * 1024 * 1024;

export interface LoadOptions {
  /** Gets the entry file's name and its size in bytes before the bytes are read. */
  readonly onSize?: (entry: string, sizeBytes: number) => void;
  /** Files whose chunks were verified a moment ago, by path; other objects by digest. */
  readonly given?: Files | null;
  /** Waits for a version that is used before all of it is stored. */
  readonly whileStaging?: () => Promise<void>;
  /** Whether the caller can read large files in parts, given the entry file; default: no. */
  readonly mayStay?: (entry: string) => boolean;
  /** Leaves out the golden samples, for a model that is opened without a trial. */
  readonly withoutGolden?: boolean;
}

/**
 * Reads a version from the store. Every file is checked against its digests again, concurrently
 * with the caller's work (`verified`).
 * @throws PerigeeError MODEL_NOT_FOUND when the version is not here; INTEGRITY with `details.stored
 *   = true` when it is damaged. The damaged objects are then deleted, so that the next install
 *   fetches only them.
 */
export async function loadStored(
  store: ModelStore,
  model: string,
  version: string,
  variantId: string,
  { whileStaging, ...options }: LoadOptions = {},
): Promise<StoredRelease> {
  let record = await store.getVersion(model, version, variantId);
  if (record?.state === 'staging' && !options.given && whileStaging) {
    await whileStaging();
    record = await store.getVersion(model, version, variantId);
  }
  if (!record)
    throw new PerigeeError(
      'MODEL_NOT_FOUND',
      `${model}@${version} (${variantId}) is not on this device.`,
    );
  const manifest = parseManifest(record.manifest);
  const variant = manifest.variants.find(({ id }) => id === variantId);
  if (!variant)
    throw new PerigeeError('MODEL_NOT_FOUND', `${model}@${version} has no variant "${variantId}".`);
  return readRelease(store, manifest, variant, options);
}

/**
 * Reads the files of a version whose manifest is known, as `loadStored` does.
 * @throws PerigeeError INTEGRITY
 */
export async function readRelease(
  store: ModelStore,
  manifest: Manifest,
  variant: Variant,
  { onSize, given = null, mayStay = () => false, withoutGolden = false }: LoadOptions,
): Promise<StoredRelease> {
  const blobs = [
    readBlob(store, withoutGolden ? undefined : manifest.golden, given),
    readBlob(store, manifest.reference, given),
  ] as const;
  // Let both reads delete damaged objects before one of them throws.
  const settledBlobs = Promise.allSettled(blobs);
  onSize?.(variant.entry, variant.files.find(({ path }) => path === variant.entry)?.sizeBytes ?? 0);
  const checks: Promise<void>[] = [];
  const inChunks: ModelFile[] = [];
  const chunksOf = (file: ModelFile): Chunk[] =>
    file.chunks.flatMap((index) => variant.chunks[index] ?? []);
  const mended = (error: unknown): Promise<never> =>
    mend(store, error, [...variant.chunks, ...blobsOf(manifest)]);
  const mendedFile = async (error: unknown, { sha256 }: ModelFile): Promise<never> => {
    if (error instanceof RegistryError) await store.takeApart(sha256);
    return mended(error);
  };
  const open =
    !given && mayStay(variant.entry) ? await openFiles(store, variant, mendedFile) : null;
  for (const { file, opened } of open ?? [])
    checks.push(opened.verified.catch((error: unknown) => mendedFile(error, file)));
  const entries = await Promise.all(
    (open ? [] : variant.files).map(async (file) => {
      const fresh = given?.[file.path];
      if (fresh) {
        // Other stores get files that were checked as a whole before.
        if (store.kind === 'indexeddb') checks.push(checkWhole(manifest, file, fresh));
        return [file.path, fresh] as const;
      }
      const parts = chunksOf(file);
      const whole = await store.getFile(file.sha256, parts);
      if (whole) {
        // If the chunks are intact, pack the file from them again.
        checks.push(
          checkChunks(file, variant.chunks, whole).catch((error: unknown) =>
            mendedFile(error, file).finally(() =>
              store.packFile(file.sha256, parts).catch(() => undefined),
            ),
          ),
        );
        return [file.path, whole] as const;
      }
      inChunks.push(file);
      const read = readAhead(
        store,
        parts.map(({ sha256 }) => sha256),
      );
      return [file.path, await assembleFile(file, variant.chunks, read).catch(mended)] as const;
    }),
  );
  const verified = Promise.all(checks).then(() => undefined);
  verified.catch(() => undefined);
  // Native code has no sandbox, so it gets only verified bytes.
  const certain = store.kind === 'indexeddb' ? settledBlobs : verified.finally(() => settledBlobs);
  const [golden, reference] = await certain
    .then(() => Promise.all([blobs[0], blobs[1].then(parsedReference)]))
    .catch((error: unknown) => {
      for (const { opened } of open ?? []) opened.close();
      throw error;
    });
  return {
    manifest,
    variant,
    entry: variant.entry,
    files: Object.fromEntries(entries),
    ...(open && {
      onDisk: Object.fromEntries(open.map(({ file, opened }) => [file.path, opened])),
    }),
    verified,
    golden: () => golden && parseGolden(golden),
    reference,
    async pack() {
      for (const file of inChunks)
        await store.packFile(file.sha256, chunksOf(file)).catch(() => undefined);
    },
  };
}

/** Whether the files of a variant stay on the disk while a model is opened. */
export function staysInStore(store: ModelStore, variant: Variant): boolean {
  return store.kind === 'file-system' && isReadInParts(variant);
}

/** Whether the files of a variant are to be read in parts, where the engine can do so. */
function isReadInParts({ engine, files }: Variant): boolean {
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  return engine === 'onnx' && sizeBytes >= MIN_STAYING_BYTES;
}

interface Opened {
  readonly file: ModelFile;
  readonly opened: OpenFile;
}

/**
 * Opens all files of a variant. Null if they are to be read as a whole, because one cannot be
 * opened.
 */
async function openFiles(
  store: ModelStore,
  variant: Variant,
  mended: (error: unknown, file: ModelFile) => Promise<never>,
): Promise<Opened[] | null> {
  if (!isReadInParts(variant)) return null;
  const { files, chunks } = variant;
  const all: Opened[] = [];
  for (const file of files) {
    const parts = file.chunks.flatMap((index) => chunks[index] ?? []);
    // The disk may be full, for one.
    const opened = await store.openFile(file, parts).catch(() => undefined);
    if (!opened) {
      for (const before of all) before.opened.close();
      return null;
    }
    all.push({ file, opened: withMend(opened, (error) => mended(error, file)) });
  }
  return all;
}

/** The file with a `restore` that mends and reports damage as other reads do. */
function withMend(opened: OpenFile, mended: (error: unknown) => Promise<never>): OpenFile {
  const { restore } = opened;
  return restore ? { ...opened, restore: () => restore().catch(mended) } : opened;
}

/** Returns a function that returns chunks one by one and reads them in groups. */
function readAhead(
  store: ModelStore,
  digests: readonly Sha256[],
): (chunk: Chunk) => Promise<Uint8Array | undefined> {
  let at = 0;
  let group: (Uint8Array | undefined)[] = [];
  return async () => {
    if (group.length === 0) {
      group = await store.getObjects(digests.slice(at, at + READ_AHEAD));
      at += READ_AHEAD;
    }
    return group.shift();
  };
}

/** Chunks that are all right make a wrong file if the manifest lists wrong ones. */
async function checkWhole(
  { name, version }: Manifest,
  { path, sha256 }: ModelFile,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  if ((await digestOfFile(bytes)) === sha256) return;
  throw new PerigeeError(
    'INTEGRITY',
    `"${path}" of ${name}@${version} is not what its manifest lists (SHA-256 ${sha256}), ` +
      'although all of its chunks are. Pack and publish it again.',
    { details: { path, sha256 } },
  );
}

async function readBlob(
  store: ModelStore,
  ref: ObjectRef | undefined,
  given: Files | null,
): Promise<Uint8Array | null> {
  if (!ref) return null;
  const bytes = given?.[ref.sha256] ?? (await store.getObjects([ref.sha256]))[0];
  if (bytes && (await sha256Hex(bytes)) === ref.sha256) return bytes;
  await store.deleteObjects([ref.sha256]);
  throw damaged(`object ${ref.sha256} is ${bytes ? 'damaged' : 'missing'}`);
}

async function parsedReference(bytes: Uint8Array | null): Promise<StoredRelease['reference']> {
  return bytes && { id: await referenceId(bytes), reference: parseReference(bytes) };
}

function blobsOf({ golden, reference }: Manifest): readonly ObjectRef[] {
  return [golden, reference].filter((blob) => blob !== undefined);
}

/**
 * Deletes damaged objects, and listed objects without bytes, so that the next install fetches them.
 * Always throws.
 */
async function mend(
  store: ModelStore,
  error: unknown,
  objects: readonly Pick<ObjectRef, 'sha256'>[],
): Promise<never> {
  if (!(error instanceof RegistryError)) throw error;
  for (const { sha256 } of objects) {
    const [bytes] = await store.getObjects([sha256]);
    if (!bytes || (await sha256Hex(bytes)) !== sha256) await store.deleteObjects([sha256]);
  }
  throw damaged(error.message, error);
}

function damaged(what: string, cause?: unknown): PerigeeError {
  return new PerigeeError(
    'INTEGRITY',
    `A stored model is damaged: ${what}. Load it again: damaged parts are downloaded again.`,
    { cause, details: { stored: true } },
  );
}
