import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadModel } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { client, publishModels, ROOT, row as wdbcRow } from './published-models.fixture.ts';

const models = publishModels();

/** Rows of the data that the model was trained on. */
async function trainingRows(): Promise<Record<string, number>[]> {
  const csv = await readFile(join(ROOT, 'models/wine/train.csv'), 'utf8');
  const [header = [], ...lines] = csv
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  const names = header.slice(0, -1);
  return lines.map((cells) => Object.fromEntries(names.map((name, i) => [name, Number(cells[i])])));
}

test.each([false, undefined] as const)(
  'a prediction names the features outside the training data, with telemetry %s',
  async (telemetry) => {
    const perigee = client({
      registry: models.registry,
      telemetry: { url: 'http://127.0.0.1:9/', intervalMs: 3_600_000 },
    });
    const model = await perigee.load('wine', telemetry === undefined ? {} : { telemetry });
    const [usual] = await trainingRows();
    expect((await model.predict(usual!)).outside).toEqual([]);
    const { outside } = await model.predict({ ...usual, alcohol: -5, proline: 1e9 });
    expect(outside).toEqual([
      { feature: 'alcohol', value: -5, reason: 'below', min: 11.03, max: 14.75 },
      { feature: 'proline', value: 1e9, reason: 'above', min: 278, max: 1_547 },
    ]);
  },
);

test('of rows that are predicted together, each has its own features outside', async () => {
  const model = await client({ registry: models.registry }).load('wine');
  const rows = await trainingRows();
  const odd = rows.map((row, i) => (i % 3 === 0 ? { ...row, hue: i % 2 === 0 ? -1 : 9 } : row));
  const predictions = await model.predictMany(odd);
  expect(predictions.some(({ timing }) => timing.batchSize > 1)).toBe(true);
  expect(predictions.map(({ outside }) => outside.map(({ reason }) => reason))).toEqual(
    odd.map((_, i) => (i % 3 === 0 ? [i % 2 === 0 ? 'below' : 'above'] : [])),
  );
});

test('all rows that a model was trained on are inside', async () => {
  const model = await client({ registry: models.registry }).load('wine');
  const predictions = await model.predictMany(await trainingRows());
  expect(predictions.flatMap(({ outside }) => outside)).toEqual([]);
});

test('a list of numbers is named like a record', async () => {
  const model = await client({ registry: models.registry }).load('wdbc');
  const { outside } = await model.predict(wdbcRow);
  expect(outside).toContainEqual(expect.objectContaining({ feature: 'radius_mean', value: 0 }));
});

test('a picture is named by its statistics', async () => {
  const model = await client({ registry: models.registry }).load('digits');
  const { outside } = await model.predict({
    width: 28,
    height: 28,
    data: new Uint8ClampedArray(28 * 28 * 4).fill(255),
  });
  expect(outside).toContainEqual(expect.objectContaining({ feature: 'brightness' }));
});

test('without a reference nothing is outside', async () => {
  const model = await loadModel(join(ROOT, 'models/wine/versions/1.0.0/model.onnx'));
  onTestFinished(() => model.dispose());
  expect((await model.predict({ features: new Float32Array(13).fill(1e9) })).outside).toEqual([]);
});
