import type { Encoding, Sha256 } from './manifest/manifest.ts';
import { isVersion } from './version.ts';

/** Where every object of a registry is, relative to its base URL. All but `timestamp` never change once written. */
export const layout = {
  timestamp: 'metadata/timestamp.json',
  snapshot: (version: number): string => `metadata/${version}.snapshot.json`,
  targets: (version: number): string => `metadata/${version}.targets.json`,
  channels: (version: number): string => `metadata/${version}.channels.json`,
  /** A target's path in the metadata → its place under the base URL. */
  target: (path: string): string => `targets/${path}`,
  manifestTarget: (name: string, version: string, sha256: Sha256): string => `models/${name}/${version}/${sha256}.manifest.json`,
  channelTarget: (name: string, sha256: Sha256): string => `channels/${sha256}.${name}.json`,
  /** Not ".gz": many servers answer files of that name with Content-Encoding, and the client inflates them before we see them. */
  blob: (sha256: Sha256, encoding: Encoding = 'identity'): string => `blobs/sha256/${sha256.slice(0, 2)}/${sha256}${encoding === 'gzip' ? '.gzipped' : ''}`,
} as const;

/** Undefined for a path that is no manifest's. */
export function parseManifestTarget(path: string): { readonly name: string; readonly version: string; readonly sha256: Sha256 } | undefined {
  const match = /^models\/([a-z0-9][a-z0-9._-]*)\/([^/]+)\/([0-9a-f]{64})\.manifest\.json$/.exec(path);
  const [, name, version, sha256] = match ?? [];
  return name && version && isVersion(version) && sha256 ? { name, version, sha256: sha256 as Sha256 } : undefined;
}

/** Undefined for a path that is no channel file's. */
export function parseChannelTarget(path: string): { readonly name: string; readonly sha256: Sha256 } | undefined {
  const match = /^channels\/([0-9a-f]{64})\.([a-z0-9][a-z0-9._-]*)\.json$/.exec(path);
  const [, sha256, name] = match ?? [];
  return name && sha256 ? { name, sha256: sha256 as Sha256 } : undefined;
}
