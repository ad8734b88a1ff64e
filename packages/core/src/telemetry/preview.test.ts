import { expect, test } from 'vitest';
import { createMemoryStore } from '../store/memory.ts';
import { previewTelemetry } from './preview.ts';
import { recordProfile } from './record.ts';
import { profile, seal } from './telemetry.fixture.ts';

test('the preview shows what is counted and what waits, and changes neither', async () => {
  const store = createMemoryStore();
  await recordProfile(store, profile(5));
  await seal(store);
  await recordProfile(store, profile(2));
  const preview = (await previewTelemetry(store)) as {
    next: { predictions: number }[];
    queued: { batchId: string; profiles: { predictions: number }[] }[];
  };
  expect(preview.next).toMatchObject([{ predictions: 2 }]);
  expect(preview.queued).toMatchObject([
    { batchId: (await store.listBatches())[0]?.batchId, profiles: [{ predictions: 5 }] },
  ]);
  expect(await store.listValues('telemetry:window:')).toHaveLength(1);
});
