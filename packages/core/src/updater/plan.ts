import type { Chunk, DeltaIndex, Manifest, Sha256, Variant } from '@perigee/registry';
import type { ModelStore } from '../store/store.ts';

/** An object to fetch: a chunk of a file, or a separate blob such as the golden samples. */
export type PlannedObject = Pick<Chunk, 'sha256' | 'sizeBytes' | 'encoding' | 'wireBytes'> & {
  /** A delta that makes this object from a stored chunk. */
  readonly delta?: { readonly base: Sha256; readonly wireBytes: number };
};

/** A bundle to fetch in place of its chunks, all of which are missing. */
export interface PlannedBundle {
  readonly sha256: Sha256;
  readonly sizeBytes: number;
  readonly members: readonly PlannedObject[];
}

export interface Plan {
  readonly variant: Variant;
  /** Everything the version needs on the device. */
  readonly objects: readonly PlannedObject[];
  readonly missing: readonly PlannedObject[];
  readonly bundles: readonly PlannedBundle[];
  /** Decoded size of all objects. */
  readonly sizeBytes: number;
  readonly downloadBytes: number;
}

/** Returns all objects of a variant that a device stores. */
export function wantedObjects(
  manifest: Manifest,
  variant: Variant,
): Pick<Plan, 'variant' | 'objects' | 'sizeBytes'> {
  const blobs = [manifest.golden, manifest.reference].flatMap((ref) =>
    ref
      ? [
          {
            sha256: ref.sha256,
            sizeBytes: ref.sizeBytes,
            encoding: 'identity',
            wireBytes: ref.sizeBytes,
          } as const,
        ]
      : [],
  );
  // A model may contain the same chunk more than once.
  const objects = [
    ...new Map([...variant.chunks, ...blobs].map((object) => [object.sha256, object])).values(),
  ];
  return { variant, objects, sizeBytes: sum(objects, ({ sizeBytes }) => sizeBytes) };
}

/** Plans an install: which objects the version needs, and which of them are missing. */
export async function planInstall(
  store: ModelStore,
  manifest: Manifest,
  wanted: Variant,
  deltas: DeltaIndex | null = null,
): Promise<Plan> {
  const { variant, objects, sizeBytes } = wantedObjects(manifest, wanted);
  const absent = new Set<Sha256>(await store.missingObjects(objects.map(({ sha256 }) => sha256)));
  const missing = await withDeltas(
    store,
    objects.filter(({ sha256 }) => absent.has(sha256)),
    deltas,
  );
  const bundles = usefulBundles(variant, missing);
  return {
    variant,
    objects,
    missing,
    bundles,
    sizeBytes,
    downloadBytes: sum(missing, wireBytesOf),
  };
}

/** The bundles of which every chunk is missing and has no delta. Others would cost bytes. */
function usefulBundles(
  { bundles = [], chunks }: Variant,
  missing: readonly PlannedObject[],
): PlannedBundle[] {
  const whole = new Map(
    missing.filter(({ delta }) => !delta).map((object) => [object.sha256, object]),
  );
  return bundles.flatMap(({ sha256, sizeBytes, chunks: indexes }) => {
    const members = indexes.flatMap((index) => whole.get(chunks[index]?.sha256 as Sha256) ?? []);
    // A chunk comes only once, also where several bundles have it.
    if (members.length < indexes.length) return [];
    for (const member of members) whole.delete(member.sha256);
    return { sha256, sizeBytes, members };
  });
}

/** Bytes to fetch for an object if its delta works. */
export function wireBytesOf({ wireBytes, delta }: PlannedObject): number {
  return delta?.wireBytes ?? wireBytes;
}

/**
 * Adds to each object the smallest delta whose base is stored, if it is smaller than the object.
 */
async function withDeltas(
  store: ModelStore,
  missing: readonly PlannedObject[],
  deltas: DeltaIndex | null,
): Promise<readonly PlannedObject[]> {
  if (!deltas) return missing;
  const bases = missing.flatMap(({ sha256 }) => [...(deltas.get(sha256)?.keys() ?? [])]);
  const absent = new Set(await store.missingObjects(bases));
  return missing.map((object) => {
    const [best] = [...(deltas.get(object.sha256) ?? [])]
      .filter(([base, wireBytes]) => !absent.has(base) && wireBytes < object.wireBytes)
      .toSorted(([, a], [, b]) => a - b);
    return best ? { ...object, delta: { base: best[0], wireBytes: best[1] } } : object;
  });
}

function sum(list: readonly PlannedObject[], size: (object: PlannedObject) => number): number {
  return list.reduce((total, object) => total + size(object), 0);
}
