import { HttpError } from '../http/http-error.ts';
import type { CollectorStore, StoreReader } from '../store/store.ts';

const HOUR_MS = 3_600_000;
const KIND = 'mismatches';
/** Documents cannot be deleted, so the document of an hour is overwritten 48 hours later. */
const KEPT_HOURS = 48;
const MAX_DOCUMENTS = 10_000;

/**
 * An upload whose profile was counted against a reference other than the published one. Its sender
 * discards it.
 */
export class ReferenceMismatch extends HttpError {
  readonly model: string;
  readonly version: string;

  constructor(model: string, version: string, published: string, counted: string) {
    super(
      422,
      'INVALID_INPUT',
      `${model}@${version} has reference "${published}", the profile was counted against ` +
        `"${counted}".`,
    );
    this.model = model;
    this.version = version;
  }
}

/** Uploads refused in one hour, by model and version. */
interface HourOfMismatches {
  readonly hour: number;
  readonly counts: readonly (readonly [model: string, version: string, count: number])[];
}

export interface Mismatches {
  /**
   * Counts the error if it is a ReferenceMismatch.
   * @throws the error it is given, always
   */
  noting(error: unknown): never;
  /** Saves the counts to the store, where the analysis reads them. */
  flush(): Promise<void>;
}

/** @param instance names this collector among those that share the store */
export function createMismatches(
  store: Pick<CollectorStore, 'put' | 'list'>,
  instance: string,
  now: () => number = Date.now,
): Mismatches {
  let current: { hour: number; counts: Map<string, number> } | undefined;
  let isKept = true;

  async function flush(): Promise<void> {
    if (isKept || !current) return;
    isKept = true;
    const { hour, counts } = current;
    const body: HourOfMismatches = {
      hour,
      counts: Array.from(
        counts,
        ([key, count]) => [...(JSON.parse(key) as [string, string]), count] as const,
      ),
    };
    await store
      .put(KIND, `${instance} ${hour % KEPT_HOURS}`, body, hour * HOUR_MS)
      .catch((error: unknown) => {
        isKept = false;
        throw error;
      });
  }

  return {
    noting(error) {
      if (error instanceof ReferenceMismatch) {
        const hour = Math.floor(now() / HOUR_MS);
        if (current?.hour !== hour) current = { hour, counts: new Map() };
        const key = JSON.stringify([error.model, error.version]);
        current.counts.set(key, (current.counts.get(key) ?? 0) + 1);
        isKept = false;
      }
      throw error;
    },
    flush,
  };
}

/** Uploads refused in a window, by model and version. */
export async function mismatchesIn(
  store: Pick<StoreReader, 'list'>,
  fromHour: number,
  toHour: number,
): Promise<{ model: string; version: string; count: number }[]> {
  const sums = new Map<string, { model: string; version: string; count: number }>();
  for (const { body } of await store.list(KIND, MAX_DOCUMENTS)) {
    const { hour, counts } = body as HourOfMismatches;
    if (hour < fromHour || hour >= toHour) continue;
    for (const [model, version, count] of counts) {
      const key = JSON.stringify([model, version]);
      sums.set(key, { model, version, count: (sums.get(key)?.count ?? 0) + count });
    }
  }
  return [...sums.values()];
}
