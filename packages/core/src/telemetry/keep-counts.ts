import { ProfileError } from '@perigee/profile';
import type { Profile, ReferenceProfile } from '@perigee/profile';
import type { TelemetryConfig } from '../config.ts';
import type { ModelStore } from '../store/store.ts';
import { withLock } from '../store/lock.ts';
import { stableGroup } from './group.ts';
import { countLost } from './lost.ts';
import { PRIVATE_DAY, isSampled, mayCount, samplingExponent } from './permission.ts';
import { rememberPredictions } from './pending-ground-truth.ts';
import { privatise } from './privatise.ts';
import { recordProfile } from './record.ts';
import type { Predictions } from './ground-truth-group.ts';

/**
 * Most profiles and groups to keep in memory while the store refuses them; an hour mostly takes
 * two. Beyond it, the oldest are dropped and counted.
 */
const MAX_UNWRITTEN = 4_096;
/** The limit for groups of predictions, which take more room. */
const MAX_UNWRITTEN_GROUPS = 64;
const DAY_MS = 86_400_000;
const NEVER = new AbortController().signal;

/** Counts or predictions since a time in milliseconds since 1970. */
export type Kept = { readonly sinceMs: number } & (
  | { readonly profile: Profile }
  | { readonly predictions: Predictions }
);

export interface CountKeeper {
  /**
   * Writes these counts and those that could not be written before. Rejects when the store refuses;
   * they are kept for the next call.
   */
  keep(counted: readonly Kept[]): Promise<void>;
  /** Returns why predictions do not wait for ground truth, as a sentence; undefined if they do. */
  whyNotRemembered(): Promise<string | undefined>;
  /** Resolves when everything passed so far was written or discarded. */
  settled(): Promise<void>;
}

/**
 * Writes counts to the store, in order, each once: none from before the user's consent, and none of
 * a device that is not sampled that day.
 * @param reference the reference of the counts; null for a model without one
 */
export function createCountKeeper(
  store: ModelStore,
  model: string,
  version: string,
  config: TelemetryConfig,
  reference: ReferenceProfile | null = null,
): CountKeeper {
  const unwritten: Kept[] = [];
  const exponent = samplingExponent(config);
  let givenUp = 0;
  let writing: Promise<void> = Promise.resolve();

  async function write(counted: Kept): Promise<void> {
    const day = Math.floor(counted.sinceMs / DAY_MS);
    if (
      !(await mayCount(store, config, counted.sinceMs)) ||
      !(await isSampled(store, exponent, day))
    )
      return;
    if ('profile' in counted) return writeProfile(counted.profile);
    // Ground truth is never sent under local privacy, so predictions need not be kept.
    if (!config.localPrivacy)
      await rememberPredictions(store, `${model}@${version}`, counted.predictions);
  }

  async function writeProfile(counted: Profile): Promise<void> {
    const profile = { ...counted, key: { ...counted.key, group: await stableGroup(store) } };
    const { localPrivacy } = config;
    if (!localPrivacy) return recordProfile(store, profile);
    // Record one observation a day, from the first worker or tab.
    await withLock(`perigee:private:${model}`, NEVER, async () => {
      const day = Math.floor(profile.key.hour / 24);
      const dayKey = `${PRIVATE_DAY}${model}`;
      const before = await store.getValue(dayKey);
      if (profile.predictions === 0 || before === day) return;
      // Another process may have recorded today's observation meanwhile.
      if (!(await store.changeValues([{ key: dayKey, value: before }], { [dayKey]: day }))) return;
      await recordProfile(
        store,
        privatise(profile, Math.round(localPrivacy.epsilon * 10), reference),
      );
    });
  }

  /** Drops the oldest groups, but not the first entry, which may be being written. */
  function dropGroups(): void {
    const groups = unwritten.filter((one, i) => i > 0 && 'predictions' in one);
    for (const old of groups.slice(0, -MAX_UNWRITTEN_GROUPS))
      unwritten.splice(unwritten.indexOf(old), 1);
  }

  async function reportGivenUp(): Promise<void> {
    const count = givenUp;
    if (count === 0 || !(await mayCount(store, config))) return;
    await countLost(store, { 'queue-full': count });
    givenUp -= count;
  }

  return {
    keep(counted) {
      unwritten.push(...counted);
      dropGroups();
      // Keep the first entry, which may be being written.
      givenUp += unwritten
        .splice(1, unwritten.length - MAX_UNWRITTEN)
        .filter((old) => 'profile' in old).length;
      writing = writing
        .catch(() => undefined)
        .then(async () => {
          for (let next = unwritten[0]; next; next = unwritten[0]) {
            await write(next).catch((error: unknown) => {
              // An invalid profile must not block the others.
              if (!(error instanceof ProfileError)) throw error;
            });
            unwritten.shift();
          }
          await reportGivenUp();
        });
      return writing;
    },
    async whyNotRemembered() {
      if (config.localPrivacy)
        return 'Under telemetry.localPrivacy predictions are not kept for a ground truth.';
      if (!(await mayCount(store, config)))
        return 'Nothing is kept without the consent of the user.';
      if (await isSampled(store, exponent, Math.floor(Date.now() / DAY_MS))) return undefined;
      return 'telemetry.sampling leaves this device out today, so its predictions are not kept.';
    },
    settled: () => writing.catch(() => undefined),
  };
}
