import { createMemoryStore } from '../store/memory.ts';
import type { ModelStore } from '../store/store.ts';
import { activate } from './activation.ts';
import { installVersion } from './install.ts';
import { createRegistry, noise, serve } from './registry.fixture.ts';
import type { RegistryFixture } from './registry.fixture.ts';
import { createRegistryClient } from './registry-client.ts';
import type { RegistryClient } from './registry-client.ts';

/** The pointer that a device answers from. */
export const REF = 'digits@stable';

export interface Device {
  readonly store: ModelStore;
  readonly registry: RegistryFixture;
  readonly client: RegistryClient;
  install(ref?: string): Promise<string>;
  installAndActivate(ref?: string): Promise<string>;
}

/** Creates a device, and a registry with version 1.0.0. */
export async function device(): Promise<Device> {
  const registry = createRegistry();
  await registry.publish({ version: '1.0.0', parts: [noise(1)] });
  const { url } = await serve(registry);
  const store = createMemoryStore();
  const client = createRegistryClient(store, {
    bases: [url],
    trustedRoot: null,
    installId: 'device-0001',
  });
  const install = async (ref = 'digits') =>
    (
      await installVersion(store, client, ref, {
        signal: new AbortController().signal,
        backends: ['cpu', 'wasm'],
        onProgress: () => undefined,
      })
    ).candidate;
  return {
    store,
    registry,
    client,
    install: async (ref) => (await install(ref)).version,
    async installAndActivate(ref) {
      const candidate = await install(ref);
      await activate(store, candidate);
      return candidate.version;
    },
  };
}

/** Why a version is left. */
export const leaving = (reason: string) => ({ reason, by: 'rollback', registry: null }) as const;

/** Publishes the next version. */
export const next = ({ registry }: Device, version = '1.1.0') =>
  registry.publish({ version, parts: [noise(1), noise(2)] });
