// Records predictions. Each prediction has a number. For each number the ledger knows whether the
// prediction may have been made, and whether a device reported it as stored.
import { openSqliteStore } from '../../packages/collector/dist/store/sqlite/sqlite-store.js';
import { countedIds, MAX_IDS, MODEL } from '../shared/traced-registry.mjs';

/** @typedef {ReturnType<typeof createLedger>} Ledger */

export function createLedger() {
  let next = 0;
  const recorded = new Set();

  return {
    /**
     * Reserves numbers for a device that is about to predict: [from, to).
     * @param {number} count
     */
    take(count) {
      if (next + count > MAX_IDS)
        throw new Error(
          `More than ${MAX_IDS} predictions cannot be told apart; kill less often in one campaign.`,
        );
      next += count;
      return { from: next - count, to: next };
    },
    /**
     * A device reported that these predictions are in its store: [from, to).
     * @param {number} from
     * @param {number} to
     */
    record(from, to) {
      for (let id = from; id < to; id += 1) recorded.add(id);
    },
    get recorded() {
      return recorded.size;
    },

    /**
     * Compares the ledger with the collector's counts. Batches that were refused for good are
     * excused.
     * @param {string} file of the collector's store
     * @param {ReadonlyMap<string, import('@perigee/profile').SealedBatch>} refused
     */
    async compare(file, refused) {
      const store = openSqliteStore(file);
      const profiles = await store.sums({ model: MODEL, fromHour: 0, toHour: 10_000_000 }, []);
      const reportedLost = (await store.losses(0, 10_000_000)).refused ?? 0;
      await store.close();
      const counted = countedIds(profiles);
      const excused = countedIds([...refused.values()].flatMap((batch) => batch.profiles));
      const lost = [...recorded].filter((id) => !counted.has(id) && !excused.has(id));
      const twice = [...counted]
        .filter(([id, times]) => times + (excused.get(id) ?? 0) > 1)
        .map(([id]) => id);
      const invented = [...counted.keys()].filter((id) => id >= next);
      const predictions = profiles.reduce((sum, one) => sum + one.predictions, 0);
      const faults = [];
      if (lost.length > 0)
        faults.push(
          `${lost.length} predictions were in a store and never arrived: ` +
            `${lost.slice(0, 10).join(', ')}`,
        );
      if (twice.length > 0)
        faults.push(
          `${twice.length} predictions were counted more than once: ` +
            `${twice.slice(0, 10).join(', ')}`,
        );
      if (invented.length > 0)
        faults.push(
          `${invented.length} predictions were counted that nobody made: ` +
            `${invented.slice(0, 10).join(', ')}`,
        );
      if (predictions !== [...counted.values()].reduce((sum, times) => sum + times, 0))
        faults.push(`${predictions} predictions were counted, with the inputs of others`);
      return { faults, counted: counted.size, begun: next, excused: excused.size, reportedLost };
    },
  };
}
