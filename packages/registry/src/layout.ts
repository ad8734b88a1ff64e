import type { Encoding, Sha256 } from './manifest/manifest.ts';
import { isVersion } from './semver.ts';

const SUFFIX: Readonly<Record<Encoding, string>> = { identity: '', gzip: '.gzipped', planes2: '.planes2', planes4: '.planes4' };

/** Where every object of a registry is, relative to its base URL. All but `timestamp` never change once written. */
export const layout = {
  /** Of all metadata files. */
  metadata: (file: string): string => `metadata/${file}`,
  timestamp: 'metadata/timestamp.json',
  root: (version: number): string => `metadata/${version}.root.json`,
  snapshot: (version: number): string => `metadata/${version}.snapshot.json`,
  targets: (version: number): string => `metadata/${version}.targets.json`,
  channels: (version: number): string => `metadata/${version}.channels.json`,
  /** A target's path in the metadata → its place under the base URL: the file's name is prefixed with its digest (TUF §3.2.2). */
  target: (path: string, sha256: string): string => `targets/${path.replace(/[^/]+$/, (file) => `${sha256}.${file}`)}`,
  manifestTarget: (name: string, version: string): string => `models/${name}/${version}/manifest.json`,
  channelTarget: (name: string): string => `channels/${name}.json`,
  /** Not ".gz": many servers answer files of that name with Content-Encoding, and the client inflates them before we see them. */
  blob: (sha256: Sha256, encoding: Encoding = 'identity'): string => `blobs/sha256/${sha256.slice(0, 2)}/${sha256}${SUFFIX[encoding]}`,
  /** Turns one chunk into another; untrusted, like the index of those a version has. */
  delta: (to: Sha256, from: Sha256): string => `deltas/${to}/${from}`,
  deltaIndex: (manifest: Sha256): string => `deltas/${manifest}.json`,
} as const;

/** Undefined for a path that is no manifest's. */
export function parseManifestTarget(path: string): { readonly name: string; readonly version: string } | undefined {
  const [, name, version] = /^models\/([a-z0-9][a-z0-9._-]*)\/([^/]+)\/manifest\.json$/.exec(path) ?? [];
  return name && version && isVersion(version) ? { name, version } : undefined;
}

/** The model's name; undefined for a path that is no channel file's. */
export function parseChannelTarget(path: string): string | undefined {
  return /^channels\/([a-z0-9][a-z0-9._-]*)\.json$/.exec(path)?.[1];
}
