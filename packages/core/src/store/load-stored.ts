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
import type { ModelStore } from './store.ts';

/** A stored version, as the inference worker needs it. */
export interface StoredRelease {
  readonly manifest: Manifest;
  readonly variant: Variant;
  readonly entry: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
  /**
   * Settles when every file has been checked against its digest. Until then no output may be
   * returned.
   */
  readonly verified: Promise<void>;
  readonly golden: GoldenSamples | null;
  readonly reference: { readonly id: string; readonly reference: ReferenceProfile } | null;
}

/** Number of chunks read at once: enough to keep the store busy, with little memory. */
const READ_AHEAD = 8;

/**
 * Reads a version from the store. Every file is checked against its digests again, concurrently
 * with the caller's work (`verified`).
 * @param onSize gets the entry file's name and its size in bytes before the bytes are read
 * @param given files whose chunks were verified a moment ago, by path; other objects by digest
 * @param whileStaging waits for a version that is used before all of it is stored
 * @throws PerigeeError MODEL_NOT_FOUND when the version is not here; INTEGRITY with `details.stored
 *   = true` when it is damaged. The damaged objects are then deleted, so that the next install
 *   fetches only them.
 */
export async function loadStored(
  store: ModelStore,
  model: string,
  version: string,
  variantId: string,
  onSize?: (entry: string, sizeBytes: number) => void,
  given: Files | null = null,
  whileStaging?: () => Promise<void>,
): Promise<StoredRelease> {
  let record = await store.getVersion(model, version, variantId);
  if (record?.state === 'staging' && !given && whileStaging) {
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
  return readRelease(store, manifest, variant, { onSize, given });
}

interface Reading {
  readonly onSize?: Parameters<typeof loadStored>[4];
  readonly given?: Files | null;
  /** Leaves out the golden samples, for a model that is opened without a trial. */
  readonly withoutGolden?: boolean;
}

/**
 * Reads the files of a version whose manifest is known, as `loadStored` does.
 * @throws PerigeeError INTEGRITY
 */
export async function readRelease(
  store: ModelStore,
  manifest: Manifest,
  variant: Variant,
  { onSize, given = null, withoutGolden = false }: Reading,
): Promise<StoredRelease> {
  const blobs = [
    readBlob(store, withoutGolden ? undefined : manifest.golden, given),
    readBlob(store, manifest.reference, given),
  ] as const;
  // Let both reads delete damaged objects before one of them throws.
  const bothRead = Promise.allSettled(blobs);
  onSize?.(variant.entry, variant.files.find(({ path }) => path === variant.entry)?.sizeBytes ?? 0);
  const checks: Promise<void>[] = [];
  const mended = (error: unknown): Promise<never> =>
    mend(store, error, [...variant.chunks, ...blobsOf(manifest)]);
  const entries = await Promise.all(
    variant.files.map(async (file) => {
      const fresh = given?.[file.path];
      if (fresh) {
        // Other stores get files that were checked as a whole before.
        if (store.kind === 'indexeddb') checks.push(checkWhole(manifest, file, fresh));
        return [file.path, fresh] as const;
      }
      const parts = file.chunks.flatMap((index) => variant.chunks[index] ?? []);
      const whole = await store.getFile(file.sha256, parts);
      if (whole) {
        // If the chunks are intact, pack the file from them again.
        checks.push(
          checkChunks(file, variant.chunks, whole).catch((error: unknown) =>
            mended(error).finally(() => store.packFile(file.sha256, parts).catch(() => undefined)),
          ),
        );
        return [file.path, whole] as const;
      }
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
  if (store.kind !== 'indexeddb') await verified;
  await bothRead;
  const [golden, reference] = await Promise.all(blobs);
  return {
    manifest,
    variant,
    entry: variant.entry,
    files: Object.fromEntries(entries),
    verified,
    golden: golden ? parseGolden(golden) : null,
    reference: reference
      ? { id: await referenceId(reference), reference: parseReference(reference) }
      : null,
  };
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
