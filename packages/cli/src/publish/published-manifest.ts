import { listVersions, parseManifest } from '@perigee/registry';
import type { Manifest } from '@perigee/registry';
import { CommandError } from '../command.ts';
import { readRegistry } from './registry.ts';
import type { OpenRegistry } from './registry.ts';

/**
 * Reads the manifest of a published version.
 * @throws CommandError when the version is not published
 */
export async function publishedManifest(
  registry: OpenRegistry,
  name: string,
  version: string,
): Promise<{ readonly manifest: Manifest; readonly sha256: string }> {
  const versions = listVersions(registry.state, name);
  const found = versions.get(version);
  const bytes = found && (await registry.folder.read(found.path));
  if (!found || !bytes)
    throw new CommandError(
      `${name}@${version} is not in ${registry.folder.path}. It has: ` +
        `${[...versions.keys()].join(', ') || 'no version of the model'}.`,
    );
  return { manifest: parseManifest(bytes), sha256: found.sha256 };
}

export async function readPublished(to: string, name: string, version: string): Promise<Manifest> {
  return (await publishedManifest(await readRegistry(to), name, version)).manifest;
}
