import type { Latencies } from '@perigee/registry/probation';
import type { ModelStore } from '../store/store.ts';

/** The latencies of the last confirmed version. The next version is compared with them. */
interface LatencyBaseline extends Latencies {
  readonly version: string;
  readonly variant: string;
}

interface Side {
  readonly version: string;
  readonly variant: string;
}

/** Stored data keep the name "pace". */
const key = (ref: string): string => `pace:${ref}`;

/**
 * Returns the stored latencies of this version; undefined when those of another version are stored.
 */
export async function latencyBaseline(
  store: ModelStore,
  ref: string,
  { version, variant }: Side,
): Promise<Latencies | undefined> {
  const found = (await store.getValue(key(ref))) as LatencyBaseline | undefined;
  return found?.version === version && found.variant === variant ? found : undefined;
}

export async function keepLatencyBaseline(
  store: ModelStore,
  ref: string,
  { version, variant }: Side,
  { backend, samplesMs }: Latencies,
): Promise<void> {
  const baseline: LatencyBaseline = { version, variant, backend, samplesMs };
  await store.putValue(key(ref), baseline);
}
