import type { Chunk, Manifest, Sha256, Variant } from '@perigee/registry';
import type { ModelStore } from '../store/store.ts';

/** An object to fetch: a chunk of a file, or a whole blob beside the files. */
export type PlannedObject = Pick<Chunk, 'sha256' | 'sizeBytes' | 'encoding' | 'wireBytes'>;

export interface Plan {
  readonly variant: Variant;
  /** Everything the version needs on the device. */
  readonly objects: readonly PlannedObject[];
  readonly missing: readonly PlannedObject[];
  /** Decoded size of all objects. */
  readonly sizeBytes: number;
  readonly downloadBytes: number;
}

/** All that a variant consists of on a device. */
export function wantedObjects(manifest: Manifest, variant: Variant): Pick<Plan, 'variant' | 'objects' | 'sizeBytes'> {
  const blobs = [manifest.golden, manifest.reference].flatMap((ref) => (ref ? [{ sha256: ref.sha256, sizeBytes: ref.sizeBytes, encoding: 'identity', wireBytes: ref.sizeBytes } as const] : []));
  // The same bytes may stand in a model more than once.
  const objects = [...new Map([...variant.chunks, ...blobs].map((object) => [object.sha256, object])).values()];
  return { variant, objects, sizeBytes: sum(objects, ({ sizeBytes }) => sizeBytes) };
}

/** What a version needs and what of it is not here yet. */
export async function planInstall(store: ModelStore, manifest: Manifest, wanted: Variant): Promise<Plan> {
  const { variant, objects, sizeBytes } = wantedObjects(manifest, wanted);
  const absent = new Set<Sha256>(await store.missingObjects(objects.map(({ sha256 }) => sha256)));
  const missing = objects.filter(({ sha256 }) => absent.has(sha256));
  return { variant, objects, missing, sizeBytes, downloadBytes: sum(missing, ({ wireBytes }) => wireBytes) };
}

function sum(list: readonly PlannedObject[], size: (object: PlannedObject) => number): number {
  return list.reduce((total, object) => total + size(object), 0);
}
