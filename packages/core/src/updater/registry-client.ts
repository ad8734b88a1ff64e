import { parseChannelFile, parseManifest, parseModelRef, refreshMetadata, resolveChannelFile, resolveVersion, sha256Hex } from '@perigee/registry';
import type { Manifest, ResolvedTarget, ResolvedVersion } from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import { fetchBytes } from './fetch-bytes.ts';
import { foreignContent } from './foreign-content.ts';

export interface Release extends ResolvedVersion {
  readonly manifest: Manifest;
  readonly manifestBytes: Uint8Array;
}

/** A registry as a device reads it. Every answer was followed from the metadata by digest. */
export interface RegistryClient {
  /** What the registry offers for a reference now. */
  resolve(ref: string, signal?: AbortSignal): Promise<Release>;
  /** Absolute URL of an object. */
  url(path: string): string;
}

export function createRegistryClient(base: string): RegistryClient {
  const url = (path: string): string => new URL(path, base.endsWith('/') ? base : `${base}/`).href;

  /** Everything but chunks is JSON, which no impostor is. */
  async function fetchDocument(path: string, maxBytes: number, signal?: AbortSignal, reload = false): Promise<Uint8Array> {
    const bytes = await fetchBytes(url(path), { maxBytes, signal, reload });
    const foreign = foreignContent(bytes);
    if (foreign) throw new PerigeeError('WRONG_CONTENT', `${url(path)} answered ${foreign}.`, { details: { url: url(path) } });
    return bytes;
  }

  async function fetchTarget({ path, sizeBytes, sha256 }: ResolvedTarget, signal?: AbortSignal): Promise<Uint8Array> {
    for (const reload of [false, true]) {
      const bytes = await fetchDocument(path, sizeBytes, signal, reload);
      if (bytes.byteLength === sizeBytes && (await sha256Hex(bytes)) === sha256) return bytes;
    }
    throw new PerigeeError('INTEGRITY', `${url(path)} is not what the registry's metadata lists (SHA-256 ${sha256}, ${sizeBytes} bytes). The host serves changed bytes; publish again or check for a proxy that rewrites files.`, { details: { url: url(path), sha256 } });
  }

  return {
    url,
    async resolve(text, signal) {
      const ref = parseModelRef(text);
      const state = await refreshMetadata((path, maxBytes) => fetchDocument(path, maxBytes, signal));
      const channels = ref.selector.kind === 'channel' ? parseChannelFile(await fetchTarget(resolveChannelFile(state, ref.name), signal)) : null;
      const resolved = resolveVersion(state, channels, ref);
      const manifestBytes = await fetchTarget(resolved, signal);
      const manifest = parseManifest(manifestBytes);
      if (manifest.name !== ref.name || manifest.version !== resolved.version) {
        throw new PerigeeError('INTEGRITY', `The manifest listed for ${ref.name}@${resolved.version} describes ${manifest.name}@${manifest.version}.`);
      }
      return { ...resolved, manifest, manifestBytes };
    },
  };
}
