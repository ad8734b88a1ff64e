import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseReference, referenceId } from '@perigee/profile';
import type { ReferenceProfile } from '@perigee/profile';
import { layout, listVersions, parseManifest, readBounded, refreshMetadata, sha256Hex } from '@perigee/registry';
import type { RegistryState, ResolvedTarget } from '@perigee/registry';

export interface PublishedModel {
  readonly labels: readonly string[];
  /** Null for a model published without one. */
  readonly reference: { readonly id: string; readonly profile: ReferenceProfile } | null;
}

/** What the registry says of a version. */
export interface References {
  /** Undefined for a version that is not published. @throws when the registry cannot be read */
  find(model: string, version: string): Promise<PublishedModel | undefined>;
}

const MIN_REFRESH_MS = 3_000;
const MAX_KNOWN = 10_000;

/** Published versions never change: what was found is kept. Something unknown makes the registry be looked at again, at most every 3 s. */
export function createReferences(base: string): References {
  const read = reader(base);
  const known = new Map<string, Promise<PublishedModel>>();
  let state: Promise<RegistryState> | undefined;
  let refreshedMs = -Infinity;

  function refresh(): Promise<RegistryState> {
    refreshedMs = Date.now();
    const next = refreshMetadata(read);
    next.catch(() => (state = undefined));
    state = next;
    return next;
  }

  return {
    async find(model, version) {
      const key = `${model}@${version}`;
      const found = known.get(key);
      if (found) return found;
      let target = listVersions(await (state ?? refresh()), model).get(version);
      if (!target && Date.now() - refreshedMs > MIN_REFRESH_MS) target = listVersions(await refresh(), model).get(version);
      if (!target) return undefined;
      const loading = load(target, read);
      loading.catch(() => known.delete(key));
      if (known.size < MAX_KNOWN) known.set(key, loading);
      return loading;
    },
  };
}

type Read = (path: string, maxBytes: number) => Promise<Uint8Array>;

async function load({ path, sizeBytes, sha256 }: ResolvedTarget, read: Read): Promise<PublishedModel> {
  const { labels = [], reference } = parseManifest(await checked(read, path, sizeBytes, sha256));
  if (!reference) return { labels, reference: null };
  const bytes = await checked(read, layout.blob(reference.sha256), reference.sizeBytes, reference.sha256);
  return { labels, reference: { id: await referenceId(bytes), profile: parseReference(bytes) } };
}

async function checked(read: Read, path: string, sizeBytes: number, sha256: string): Promise<Uint8Array> {
  const bytes = await read(path, sizeBytes);
  if ((await sha256Hex(bytes)) !== sha256) throw new Error(`The registry's ${path} does not have the digest its metadata lists.`);
  return bytes;
}

function reader(base: string): Read {
  if (/^https?:/.test(base)) {
    const root = base.endsWith('/') ? base : `${base}/`;
    return async (path, maxBytes) => {
      const url = new URL(path, root);
      const response = await fetch(url);
      if (!response.ok || !response.body) throw new Error(`The registry answered HTTP ${response.status} for ${url.href}.`);
      return readBounded(response.body as never, maxBytes, path);
    };
  }
  return async (path, maxBytes) => {
    const bytes = await readFile(join(base, path));
    if (bytes.byteLength > maxBytes) throw new Error(`The registry's ${path} is longer than the ${maxBytes} bytes listed.`);
    return new Uint8Array(bytes);
  };
}
