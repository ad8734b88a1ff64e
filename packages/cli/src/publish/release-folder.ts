import { layout, parseManifest } from '@perigee/registry';
import type { Manifest } from '@perigee/registry';
import { CommandError } from '../command.ts';
import type { PackedRelease } from '../pack/pack.ts';
import { openFolder } from './folder.ts';
import type { Folder } from './folder.ts';

/** A packed release on disk, between `pack` and `publish`: manifest.json and its objects. */
export interface StoredRelease {
  readonly manifest: Manifest;
  readonly manifestBytes: Uint8Array;
  /** Paths of its objects, the same as in a registry. */
  readonly objects: readonly string[];
  readonly folder: Folder;
}

export async function writeRelease(root: string, { manifest, manifestBytes, objects }: PackedRelease): Promise<string> {
  const folder = openFolder(`${root}/${manifest.name}/${manifest.version}`);
  for (const [path, bytes] of objects) await folder.write(path, bytes);
  await folder.write('manifest.json', manifestBytes);
  return folder.path;
}

export async function readRelease(root: string, name: string, version: string): Promise<StoredRelease> {
  const folder = openFolder(`${root}/${name}/${version}`);
  const manifestBytes = await folder.read('manifest.json');
  if (!manifestBytes) throw new CommandError(`There is no packed release ${name}@${version} in ${root}. Pack it first: perigee pack model.onnx --name ${name} --version ${version} --out ${root}`);
  const manifest = parseManifest(manifestBytes);
  return { manifest, manifestBytes, objects: objectPaths(manifest), folder };
}

export function objectPaths({ variants, golden, reference, card }: Manifest): string[] {
  const chunks = variants.flatMap((variant) => variant.chunks.map(({ sha256, encoding }) => layout.blob(sha256, encoding)));
  return [...new Set([...chunks, ...[golden, reference, card].flatMap((ref) => (ref ? [layout.blob(ref.sha256)] : []))])];
}
