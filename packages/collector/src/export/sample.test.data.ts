import { buildReference, createCounters } from '@perigee/profile';
import type { Profile, ProfileKey, ReferenceProfile } from '@perigee/profile';
import type { PublishedModels } from '../published-models.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { CollectorStore } from '../store/store.ts';

/** A model with a feature of each kind and two labels, and profiles of it, for tests of exports. */
export const MODEL = 'mo.del';
export const REFERENCE_ID = '0123456789abcdef';

const ROWS = 960;
export const reference: ReferenceProfile = buildReference({
  features: [
    {
      name: 'x',
      kind: 'numeric',
      unit: 'm',
      values: Array.from({ length: ROWS }, (_, i) => i / ROWS),
    },
    {
      name: 'colour',
      kind: 'categorical',
      values: Array.from({ length: ROWS }, (_, i) => ['red', 'green', 'blue'][i % 3] ?? null),
    },
  ],
  output: {
    labels: ['no', 'yes, "sure"'],
    predictions: Array.from({ length: ROWS }, (_, i) => ({
      labelIndex: i % 2,
      score: 0.5 + (i % 100) / 200,
    })),
  },
});

export const publishedModels: PublishedModels = {
  find: async (model, version) =>
    model === MODEL && version !== '0.0.0'
      ? {
          labels: ['no', 'yes, "sure"'],
          segments: ['shop'],
          reference: { id: REFERENCE_ID, profile: reference },
        }
      : undefined,
  channels: async () => undefined,
};

/** @param shift added to every `x`; in the reference, x lies in [0, 1) */
export function sampleProfile(
  key: Partial<ProfileKey> & Pick<ProfileKey, 'hour'>,
  { predictions = 600, shift = 0 }: { readonly predictions?: number; readonly shift?: number } = {},
): Profile {
  const counters = createCounters(reference);
  counters.observeSession();
  counters.observeGolden(true);
  for (let i = 0; i < predictions; i += 1) {
    counters.observePrediction();
    counters.observeFeature(0, i % 50 === 0 ? null : ((i * 7) % 100) / 100 + shift);
    counters.observeFeature(1, i % 40 === 0 ? 'violet' : ['red', 'green', 'blue'][i % 3]);
    counters.observeOutput(i % 2, 0.5 + (i % 100) / 200);
    counters.observeLatency('total', 1 + (i % 10));
    if (i % 10 === 0) counters.observeGroundTruth(i % 2, i % 4 === 0 ? 0 : 1);
  }
  counters.observeError('OUT_OF_MEMORY');
  counters.observeFallback();
  return counters.snapshot({
    model: MODEL,
    version: '1.0.0',
    reference: REFERENCE_ID,
    backend: 'wasm',
    browser: 'chromium',
    segment: '',
    sampling: 0,
    privacy: 0,
    group: 1,
    ...key,
  });
}

let batches = 0;

export async function storeOf(...profiles: readonly Profile[]): Promise<CollectorStore> {
  const store = openSqliteStore(':memory:');
  await addTo(store, ...profiles);
  return store;
}

export async function addTo(store: CollectorStore, ...profiles: readonly Profile[]): Promise<void> {
  await store.commit([
    { batchId: (++batches).toString(16).padStart(32, '0'), sealedAtMs: 0, lost: {}, profiles },
  ]);
}
