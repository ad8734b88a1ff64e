import {
  blockedBy,
  layout,
  listVersions,
  parseChannelFile,
  parseManifest,
  RegistryError,
  sha256Hex,
} from '@perigee/registry';
import type { ChannelFile, Manifest, RegistryState } from '@perigee/registry';
import type { ReadHost } from '../publish/read-host.ts';
import type { Findings } from './findings.ts';

/** Reads all manifests and returns the valid ones by their path. */
export async function readManifests(
  { targets }: RegistryState,
  get: ReadHost,
  findings: Findings,
): Promise<ReadonlyMap<string, Manifest>> {
  const manifests = new Map<string, Manifest>();
  for (const [path, target] of Object.entries(targets)) {
    const document = await targetOf(path, target, get, findings);
    const manifest = document && attempt(path, () => parseManifest(document), findings);
    if (manifest) manifests.set(path, manifest);
  }
  return manifests;
}

/** Reads all channel files and checks the versions that they name. */
export async function checkChannelFiles(
  state: RegistryState,
  get: ReadHost,
  findings: Findings,
): Promise<void> {
  for (const [path, target] of Object.entries(state.channels)) {
    const document = await targetOf(path, target, get, findings);
    const file = document && attempt(path, () => parseChannelFile(document), findings);
    if (file) checkChannels(path, file, state, findings);
  }
}

async function targetOf(
  path: string,
  { length, sha256 }: RegistryState['targets'][string],
  get: ReadHost,
  findings: Findings,
): Promise<Uint8Array | undefined> {
  const place = layout.target(path, sha256);
  const { status, bytes } = await get(place);
  if (status !== 200)
    return void findings.error(
      place,
      `answers ${status}; the metadata lists it. Publish again, or sync the folder completely.`,
    );
  if (bytes.byteLength !== length || (await sha256Hex(bytes)) !== sha256)
    return void findings.error(
      place,
      `is not what the metadata lists (${bytes.byteLength} bytes for ${length}, or another ` +
        'digest). Something changes files on their way: a proxy, a minifier, line endings.',
    );
  return bytes;
}

function checkChannels(
  path: string,
  file: ChannelFile,
  state: RegistryState,
  findings: Findings,
): void {
  const versions = listVersions(state, file.model);
  for (const [channel, { version, rollout }] of Object.entries(file.channels)) {
    for (const named of rollout ? [version, rollout.version] : [version]) {
      if (!versions.has(named))
        findings.error(
          path,
          `channel "${channel}" names ${named}, which is not published. Promote another version.`,
        );
    }
    const blocked = blockedBy(file, version);
    if (blocked !== null)
      findings.error(
        path,
        `channel "${channel}" names ${version}, which no device may run: ${blocked}. Roll it back.`,
      );
  }
  if (
    versions.size > 0 &&
    [...versions.keys()].every((version) => blockedBy(file, version) !== null)
  )
    findings.error(
      path,
      `every version of ${file.model} is revoked or below the floor: devices have nothing to run.`,
    );
}

/** The parsed document. A document that does not parse is a finding. */
function attempt<T>(path: string, parse: () => T, findings: Findings): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    return void findings.error(path, error.message);
  }
}
