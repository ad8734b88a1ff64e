import { layout, parseManifest } from '@perigee/registry';
import type { Chunk, Manifest } from '@perigee/registry';
import { CommandError } from '../command.ts';
import type { PackedRelease } from '../pack/packed-release.ts';
import { openFolder } from './folder.ts';
import type { Folder } from './folder.ts';

/** An object of a release: its path in a registry, and its expected content. */
export interface StoredObject {
  readonly path: string;
  readonly chunk: Chunk;
}

/** A packed release between `pack` and `publish`: manifest.json and its objects. */
export interface StoredRelease {
  readonly manifest: Manifest;
  readonly manifestBytes: Uint8Array;
  readonly objects: readonly StoredObject[];
  readonly folder: Pick<Folder, 'path' | 'read'>;
}

/**
 * Writes a packed release below a folder.
 * @returns the folder of the release
 * @example
 * ```ts
 * await writeRelease('releases', await pack(options, console.log));
 * ```
 */
export async function writeRelease(
  root: string,
  { manifest, manifestBytes, objects }: PackedRelease,
): Promise<string> {
  const folder = openFolder(`${root}/${manifest.name}/${manifest.version}`);
  for (const [path, bytes] of objects) await folder.write(path, bytes);
  await folder.write('manifest.json', manifestBytes);
  return folder.path;
}

/**
 * Opens a packed release that `writeRelease()` wrote.
 * @throws CommandError when the release is not there
 * @example
 * ```ts
 * const release = await readRelease('releases', 'digits', '1.0.0');
 * ```
 */
export async function readRelease(
  root: string,
  name: string,
  version: string,
): Promise<StoredRelease> {
  const folder = openFolder(`${root}/${name}/${version}`);
  const manifestBytes = await folder.read('manifest.json');
  if (!manifestBytes)
    throw new CommandError(
      `There is no packed release ${name}@${version} in ${root}. Pack it first: perigee pack ` +
        `model.onnx --name ${name} --version ${version} --out ${root}`,
    );
  const manifest = parseManifest(manifestBytes);
  if (manifest.name !== name || manifest.version !== version)
    throw new CommandError(
      `${folder.path} holds ${manifest.name}@${manifest.version}, not ${name}@${version}.`,
    );
  return { manifest, manifestBytes, objects: objectsOf(manifest), folder };
}

/**
 * A packed release in memory, to publish it without writing it to a folder.
 * @example
 * ```ts
 * await publish(heldRelease(packed), publisher, 'canary');
 * ```
 */
export function heldRelease({
  manifest,
  manifestBytes,
  objects,
}: Pick<PackedRelease, 'manifest' | 'manifestBytes' | 'objects'>): StoredRelease {
  return {
    manifest,
    manifestBytes,
    objects: objectsOf(manifest),
    folder: { path: 'memory', read: async (path) => objects.get(path) },
  };
}

/** All objects of a release, each once. */
export function objectsOf({ variants, golden, reference, card }: Manifest): StoredObject[] {
  const bundles = variants.flatMap((variant) => variant.bundles ?? []);
  const whole = [...bundles, golden, reference, card].flatMap((ref) =>
    ref
      ? [
          {
            sha256: ref.sha256,
            sizeBytes: ref.sizeBytes,
            encoding: 'identity',
            wireBytes: ref.sizeBytes,
          } as const,
        ]
      : [],
  );
  const byPath = new Map(
    [...variants.flatMap(({ chunks }) => chunks), ...whole].map(
      (chunk) => [layout.blob(chunk.sha256, chunk.encoding), chunk] as const,
    ),
  );
  return [...byPath].map(([path, chunk]) => ({ path, chunk }));
}
