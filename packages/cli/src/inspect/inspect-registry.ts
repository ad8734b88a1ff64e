import {
  formatModelRef,
  layout,
  listVersions,
  modelNames,
  parseManifest,
  parseModelRef,
  resolveVersion,
} from '@perigee/registry';
import { CommandError } from '../command.ts';
import { withFileName } from '../pack/read-files.ts';
import { table } from '../print/table.ts';
import { openFolder } from '../publish/folder.ts';
import { openRegistry, readChannels } from '../publish/registry.ts';
import { describeManifest } from './describe-manifest.ts';
import type { Inspection } from './inspection.ts';

export async function inspectReference(text: string, root: string): Promise<Inspection> {
  const registry = await openRegistry(openFolder(root));
  const ref = parseModelRef(text);
  const resolved = await resolveVersion(
    registry.state,
    (await readChannels(registry, ref.name)) ?? null,
    ref,
    { installId: '', now: new Date() },
  );
  const bytes = await registry.folder.read(resolved.path);
  if (!bytes)
    throw new CommandError(`The registry ${root} is incomplete: ${resolved.path} is missing.`);
  const { json, text: described } = describeManifest(
    withFileName(resolved.path, () => parseManifest(bytes)),
  );
  return {
    json,
    text: `${formatModelRef(ref)} is ${resolved.version} (${resolved.reason})\n\n${described}`,
  };
}

export async function inspectFolder(root: string): Promise<Inspection> {
  const folder = openFolder(root);
  const manifest = await folder.read('manifest.json');
  if (manifest)
    return describeManifest(withFileName(`${root}/manifest.json`, () => parseManifest(manifest)));
  if (!(await folder.exists(layout.timestamp)))
    throw new CommandError(
      `${root} is neither a registry nor a packed release: it has no ${layout.timestamp} and ` +
        'no manifest.json.',
    );
  const registry = await openRegistry(folder);
  const { state } = registry;
  const models = await Promise.all(
    modelNames(state).map(async (name) => ({
      name,
      versions: [...listVersions(state, name).keys()],
      channels: (await readChannels(registry, name))?.channels ?? {},
    })),
  );
  const rows = models.map(({ name, versions, channels }) => [
    name,
    versions.join(', '),
    Object.entries(channels)
      .map(([channel, { version }]) => `${channel} → ${version}`)
      .join(', '),
  ]);
  return {
    json: { metadataVersion: state.version, models },
    text:
      `${root}: metadata version ` +
      `${state.version}\n\n${table(['model', 'versions', 'channels'], rows)}`,
  };
}
