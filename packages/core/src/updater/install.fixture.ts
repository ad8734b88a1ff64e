import type { Candidate } from '../rpc/updater-api.ts';
import type { ModelStore } from '../store/store.ts';
import { installVersion } from './install.ts';
import { noise } from './registry.fixture.ts';
import { createRegistryClient } from './registry-client.ts';

/** Chunks of a model file. */
export const PARTS = [noise(1), noise(2), noise(3), new Uint8Array(5_000)];

/** Filters the requested paths for those of whole chunks. */
export const blobsIn = (requests: readonly string[]): string[] =>
  requests.filter((path) => path.startsWith('blobs/'));

/** Installs a version from a registry, as the updater does. */
export async function install(
  store: ModelStore,
  url: string,
  {
    ref = 'digits',
    signal = new AbortController().signal,
    onProgress = (): void => undefined,
  }: {
    ref?: string;
    signal?: AbortSignal;
    onProgress?: (loaded: number, total: number) => void;
  } = {},
): Promise<Candidate> {
  return (
    await installVersion(
      store,
      createRegistryClient(store, { bases: [url], trustedRoot: null, installId: null }),
      ref,
      { signal, backends: ['cpu', 'wasm'], onProgress },
    )
  ).candidate;
}
