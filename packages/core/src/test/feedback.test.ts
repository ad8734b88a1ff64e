import { join } from 'node:path';
import type { PerigeeError } from 'perigee';
import { expect, test, vi } from 'vitest';
import { createFileSystemStore } from '../store/file-system.ts';
import { rememberPredictions } from '../telemetry/pending-ground-truth.ts';
import { startCollector } from '../telemetry/telemetry.fixture.ts';
import { client, publishModels, row } from './published-models.fixture.ts';
import { watchThreads } from './threads.fixture.ts';

const models = publishModels();

test('a ground truth reaches the worker that predicted, before and after counts are written', async () => {
  const perigee = client({
    registry: models.registry,
    telemetry: { url: 'http://127.0.0.1:9/', intervalMs: 3_600_000 },
  });
  const model = await perigee.load('wdbc', { backend: 'cpu', workers: 2 });
  // The second worker opens after the first; until then the first answers alone.
  let ids: string[] = [];
  while (new Set(ids.map((id) => id.split('-')[0])).size < 2)
    ids = (await model.predictMany(Array.from({ length: 20 }, () => row))).map(({ id }) => id);
  const told = async (): Promise<number> => {
    const { next, queued } = (await perigee.telemetry.preview()) as Record<
      'next',
      { confusion: object }[]
    > &
      Record<'queued', { profiles: { confusion: object }[] }[]>;
    return [...next, ...queued.flatMap(({ profiles }) => profiles)]
      .flatMap(({ confusion }) => Object.values(confusion) as number[])
      .reduce((sum, count) => sum + count, 0);
  };
  const [early, late] = [ids.filter((_, i) => i % 2 === 0), ids.filter((_, i) => i % 2 === 1)];
  await Promise.all(early.map((id) => model.feedback(id, { label: 'benign' })));
  await perigee.telemetry.flush();
  expect(await told()).toBe(early.length);
  await Promise.all(late.map((id) => model.feedback(id, { label: 'benign' })));
  await perigee.telemetry.flush();
  expect(await told()).toBe(ids.length);
  await expect(model.feedback(ids[0]!, { label: 'benign' })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
});

test('with a store in memory, a new updater continues telemetry after the updater ended', async () => {
  const collector = await startCollector();
  const perigee = client({ registry: models.registry, telemetry: { url: collector.url } });
  const threads = watchThreads();
  const model = await perigee.load('wdbc', { backend: 'cpu', update: 'local' });
  const { id } = await model.predict(row);
  await perigee.telemetry.preview();
  await threads.started[0]!.terminate();
  // The label of the prediction was lost with the memory.
  await expect(model.feedback(id, { label: 'benign' })).rejects.toMatchObject({
    code: 'WORKER_CRASHED',
  });
  const later = await model.predict(row);
  expect(await perigee.telemetry.preview()).toMatchObject({ next: [{ predictions: 1 }] });
  await perigee.telemetry.flush();
  await model.feedback(later.id, { label: 'benign' });
  expect(collector.counted()).toBe(1);
});

test('feedback reaches every prediction within its limits, and an error names the limit', async () => {
  const store = { folder: join(models.folder, 'store-feedback') };
  const open = () =>
    client({
      registry: models.registry,
      store,
      telemetry: { url: 'http://127.0.0.1:9/', intervalMs: 3_600_000 },
    });
  const first = open();
  const before = await first.load('wdbc', { backend: 'cpu' });
  const ids = (await before.predictMany(Array.from({ length: 2_500 }, () => row))).map(
    ({ id }) => id,
  );
  await before.feedback(ids[0]!, { label: 'benign' });
  await first.dispose();
  const model = await open().load('wdbc', { backend: 'cpu' });
  for (const id of [ids[1]!, ids[2_000]!]) await model.feedback(id, { label: 'benign' });
  const refused = (id: string) =>
    model
      .feedback(id, { label: 'benign' })
      .catch(({ code, message }: PerigeeError) => `${code}: ${message}`);
  expect(await refused(ids[0]!)).toBe(
    `INVALID_INPUT: The ground truth of prediction "${ids[0]}" cannot be counted: it was ` +
      'reported before, and each ground truth is counted once.',
  );
  const both = { label: 'benign', value: 1 };
  for (const groundTruth of [both, {}])
    await expect(model.feedback(ids[2]!, groundTruth as { label: string })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(
        /^The ground truth has (both `label` and|neither `label` nor) `value`; expected/,
      ) as string,
    });
  const noValue: { label: string } = Object.assign({ label: 'benign' }, { value: undefined });
  await model.feedback(ids[2]!, noValue);
  expect(await refused('nobody-1')).toContain('There is no prediction "nobody-1" of wdbc@');

  // Store a prediction from a month ago, then so many that there is no room.
  const shared = createFileSystemStore(store.folder);
  const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 31 * 86_400_000);
  await rememberPredictions(shared, `wdbc@${model.version}`, [['earlier-1', 0]]);
  now.mockRestore();
  expect(await refused('earlier-1')).toContain(
    'cannot be counted: the prediction is older than 30 days',
  );
  await rememberPredictions(
    shared,
    `wdbc@${model.version}`,
    Array.from({ length: 349_000 }, (_, i) => [`many-${i.toString(36)}`, 0]),
  );
  await shared.close();
  expect(await refused(ids[3]!)).toContain(
    'Predictions that wait for a ground truth take at most 4 MiB on a device.',
  );
  await model.feedback('many-1', { label: 'benign' });
});
