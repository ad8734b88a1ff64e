import { sha256Hex } from '@perigee/registry';
import type { Sha256 } from '@perigee/registry';
import type { ModelStore, QueuedBatch, VersionRecord } from './store.ts';

/** A kind of store, and how its tests open it. */
export interface StoreUnderTest {
  readonly kind: ModelStore['kind'];
  /** The same name gives the same data. */
  readonly open: (name: string) => Promise<ModelStore>;
  /** A name that no test has used. */
  readonly fresh: () => string;
  /** Stores that are `encrypted` or keep `chunks` have no packed files. */
  readonly how: 'encrypted' | 'chunks' | undefined;
}

export const object = async (size: number, fill: number) => {
  const bytes = new Uint8Array(size).fill(fill);
  return { sha256: await sha256Hex(bytes), bytes };
};

export const record = (
  version: string,
  state: VersionRecord['state'] = 'verified',
): VersionRecord => ({
  model: 'digits',
  version,
  variant: 'fp32',
  state,
  manifest: new Uint8Array([1, 2]),
  manifestSha256: 'a'.repeat(64) as Sha256,
  objects: [],
  sizeBytes: 3,
  attempts: 0,
});

export const batch = (id: string): QueuedBatch => ({
  batchId: id.repeat(32),
  sealedAtMs: 1,
  gzip: false,
  bytes: new Uint8Array([1]),
});

export const target = (version: string) => ({ model: 'digits', version, variant: 'fp32' });
