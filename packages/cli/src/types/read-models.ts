import { parseManifest } from '@perigee/registry';
import { knownRefs } from '@perigee/registry/types';
import type { TypedModel } from '@perigee/registry/types';
import { openCopy } from '../publish/open-copy.ts';
import type { Copy } from '../publish/open-copy.ts';
import { publishedManifest } from '../publish/published-manifest.ts';

/**
 * Reads the models of a registry, with the references whose types are known.
 * @param place a folder, s3://bucket/prefix or a URL
 * @throws CommandError when there is no registry, RegistryError when it does not verify
 */
export async function modelsOfRegistry(place: string): Promise<TypedModel[]> {
  const copy = await openCopy(place);
  const models = [...copy.versions.keys()].map((name) => modelsNamed(name, copy));
  return (await Promise.all(models)).flat();
}

async function modelsNamed(
  name: string,
  { registry, versions, channels }: Copy,
): Promise<TypedModel[]> {
  const found = knownRefs(name, versions.get(name) ?? [], channels.get(name) ?? null);
  return Promise.all(
    [...found].map(async ([version, refs]) => {
      const { manifest } = await publishedManifest(registry, name, version);
      return { refs, manifest };
    }),
  );
}

/**
 * Reads a release that is not published yet. Apps will load it by its name.
 * @throws RegistryError when the manifest is invalid
 */
export function modelOfRelease(manifestBytes: Uint8Array): TypedModel {
  const manifest = parseManifest(manifestBytes);
  const { name, version } = manifest;
  return { refs: [name, `${name}@${version.split('.', 1)[0]}`], manifest };
}
