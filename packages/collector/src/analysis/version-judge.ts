import type { Reference } from '../published-models.ts';
import type { StoreReader, VersionQuery } from '../store/store.ts';
import type { DriftOptions } from './drift.ts';
import { figuresOf } from './health.ts';
import type { Judged } from './health.ts';
import { readFleet } from './read-fleet.ts';

/** Bound of the versions whose figures are kept. */
const MAX_KEPT = 128;

/** The figures of a version in a window; undefined without counts. */
export type VersionJudge = (
  where: VersionQuery,
  reference: Reference | null,
) => Promise<Judged | undefined>;

/**
 * Keeps what was found last for each version. It is found again when the window, its counts or the
 * reference have changed.
 */
export function createVersionJudge(
  store: Pick<StoreReader, 'mark' | 'predictions' | 'sums'>,
  options: DriftOptions,
): VersionJudge {
  /** By model and version; the one that was used last is the last. */
  const kept = new Map<string, { readonly mark: string; readonly judged: Judged | undefined }>();

  async function judge(where: VersionQuery, reference: Reference | null) {
    const fleet = await readFleet(store, where, reference?.id);
    return fleet && figuresOf(fleet, reference, options);
  }

  return async (where, reference) => {
    // Read before the counts: counts that come meanwhile then change the mark of the next question.
    const counts = await store.mark?.(where);
    if (counts === undefined) return judge(where, reference);
    const mark = JSON.stringify([where, reference?.id, counts]);
    const id = JSON.stringify([where.model, where.version]);
    const known = kept.get(id);
    const judged = known?.mark === mark ? known.judged : await judge(where, reference);
    kept.delete(id);
    kept.set(id, { mark, judged });
    for (const oldest of kept.keys()) {
      if (kept.size <= MAX_KEPT) break;
      kept.delete(oldest);
    }
    return judged;
  };
}
