import type { Encoding, Sha256 } from './manifest/manifest.ts';
import { isVersion } from './semver.ts';

const SUFFIX: Readonly<Record<Encoding, string>> = {
  identity: '',
  gzip: '.gzipped',
  planes2: '.planes2',
  planes4: '.planes4',
};

/**
 * Paths of all objects of a registry, relative to its base URL. All but `timestamp` never change
 * once written.
 * @example
 * ```ts
 * layout.root(1); // 'metadata/1.root.json'
 * layout.channelTarget('digits'); // 'channels/digits.json'
 * ```
 */
export const layout = {
  /** Path of any metadata file. */
  metadata: (file: string): string => `metadata/${file}`,
  timestamp: 'metadata/timestamp.json',
  root: (version: number): string => `metadata/${version}.root.json`,
  snapshot: (version: number): string => `metadata/${version}.snapshot.json`,
  targets: (version: number): string => `metadata/${version}.targets.json`,
  channels: (version: number): string => `metadata/${version}.channels.json`,
  /**
   * A target's path in the metadata → its path under the base URL. The file name gets the digest as
   * prefix (TUF §3.2.2).
   */
  target: (path: string, sha256: string): string =>
    `targets/${path.replace(/[^/]+$/, (file) => `${sha256}.${file}`)}`,
  manifestTarget: (name: string, version: string): string =>
    `models/${name}/${version}/manifest.json`,
  channelTarget: (name: string): string => `channels/${name}.json`,
  /**
   * The suffix is not ".gz": many servers send Content-Encoding for such names, and the client then
   * inflates the bytes before we see them.
   */
  blob: (sha256: Sha256, encoding: Encoding = 'identity'): string =>
    `blobs/sha256/${sha256.slice(0, 2)}/${sha256}${SUFFIX[encoding]}`,
  /** A delta from one chunk to another. Deltas and their index are untrusted. */
  delta: (to: Sha256, from: Sha256): string => `deltas/${to}/${from}`,
  deltaIndex: (manifest: Sha256): string => `deltas/${manifest}.json`,
} as const;

/**
 * The model and version of a manifest's target path; undefined for other paths.
 * @example
 * ```ts
 * parseManifestTarget('models/digits/1.0.0/manifest.json'); // { name: 'digits', version: '1.0.0' }
 * ```
 */
export function parseManifestTarget(
  path: string,
): { readonly name: string; readonly version: string } | undefined {
  const [, name, version] =
    /^models\/([a-z0-9][a-z0-9._-]*)\/([^/]+)\/manifest\.json$/.exec(path) ?? [];
  return name && version && isVersion(version) ? { name, version } : undefined;
}

/**
 * The model's name of a channel file's target path; undefined for other paths.
 * @example
 * ```ts
 * parseChannelTarget('channels/digits.json'); // 'digits'
 * ```
 */
export function parseChannelTarget(path: string): string | undefined {
  return /^channels\/([a-z0-9][a-z0-9._-]*)\.json$/.exec(path)?.[1];
}
