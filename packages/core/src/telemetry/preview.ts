import { describeProfile } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import type { ModelStore } from '../store/store.ts';
import { lostSoFar } from './lost.ts';
import { referenceOf } from './reference-of.ts';
import { openBatch, openWindows } from './seal.ts';

/**
 * Describes the queued batches and the windows that would be sealed next, with names instead of
 * bytes. A payload contains nothing else.
 */
export async function previewTelemetry(store: ModelStore): Promise<unknown> {
  const references = new Map<string, ReturnType<typeof referenceOf>>();
  const shapeOf = async ({ key: { model, version } }: Profile) => {
    const of = `${model}@${version}`;
    const found = references.get(of) ?? referenceOf(store, { model, version });
    references.set(of, found);
    return (await found)?.profile ?? null;
  };
  const describe = (profiles: readonly Profile[]) =>
    Promise.all(profiles.map(async (profile) => describeProfile(profile, await shapeOf(profile))));
  const windows = await openWindows(store);
  const queued = await Promise.all(
    (await store.listBatches()).map(async (batch) => {
      const { batchId, sealedAtMs, lost, profiles } = await openBatch(batch);
      return {
        batchId,
        sealedAt: new Date(sealedAtMs).toISOString(),
        lost,
        profiles: await describe(profiles),
      };
    }),
  );
  return {
    next: await describe(windows.map(({ profile }) => profile)),
    lost: await lostSoFar(store),
    queued,
  };
}
