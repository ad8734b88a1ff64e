import { layout, sha256Hex } from '@perigee/registry';
import type { Manifest } from '@perigee/registry';
import { publishedManifest } from '../publish/published-manifest.ts';
import { readRegistry } from '../publish/registry.ts';
import { readRelease } from '../publish/release-folder.ts';

/** The description of a release: its manifest and its card. */
export interface CardSource {
  readonly manifest: Manifest;
  readonly manifestSha256: string;
  /** Text of the packed card, front matter included. */
  readonly text: string;
}

/**
 * Reads the card of a published version.
 * @throws CommandError when the version is not published there
 */
export async function publishedSource(
  registry: string,
  name: string,
  version: string,
): Promise<CardSource> {
  const open = await readRegistry(registry);
  const { manifest, sha256 } = await publishedManifest(open, name, version);
  return { manifest, manifestSha256: sha256, text: await cardText(manifest, open.folder) };
}

/**
 * Reads the card of a packed release.
 * @throws CommandError when the release is not in the folder
 */
export async function packedSource(
  from: string,
  name: string,
  version: string,
): Promise<CardSource> {
  const { manifest, manifestBytes, folder } = await readRelease(from, name, version);
  return {
    manifest,
    manifestSha256: await sha256Hex(manifestBytes),
    text: await cardText(manifest, folder),
  };
}

async function cardText(
  { card }: Manifest,
  folder: { read(path: string): Promise<Uint8Array | undefined> },
): Promise<string> {
  const bytes = card && (await folder.read(layout.blob(card.sha256)));
  return bytes ? new TextDecoder().decode(bytes) : '';
}
