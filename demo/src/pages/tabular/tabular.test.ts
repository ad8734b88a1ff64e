import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPerigee } from 'perigee';
import type { Classification, Model } from 'perigee';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { publishDemoModels } from '../../../../scripts/demo-registry.mjs';
import { contributionsOf, rowsToAsk } from './data/contributions.ts';
import { shifted } from './data/data-set.ts';
import type { DataSet, Values } from './data/data-set.ts';
import { nearestRow } from './data/nearest.ts';
import { WDBC } from './data/wdbc.ts';
import { WINE } from './data/wine.ts';
import { numberText, outsideText, pointsText } from './words.ts';

const models = { folder: '', perigee: undefined as ReturnType<typeof createPerigee> | undefined };
beforeAll(async () => {
  models.folder = await mkdtemp(join(tmpdir(), 'perigee-tabular-'));
  await publishDemoModels(join(models.folder, 'registry'));
  models.perigee = createPerigee({ registry: join(models.folder, 'registry') });
});
afterAll(async () => {
  await models.perigee?.dispose();
  await rm(models.folder, { recursive: true, force: true });
});

const load = (name: string): Promise<Model> => models.perigee!.load(name);

const scoresOf = async (model: Model, rows: readonly Values[], label: string) =>
  (await model.predictMany(rows)).map(
    ({ output }) => (output as Classification).top.find((each) => each.label === label)!.score,
  );

describe.each([
  ['wine', WINE, 178, 133, 13],
  ['wdbc', WDBC, 569, 456, 30],
] as const)('the data set %s', (name, dataSet, rows, training, features) => {
  test('has every row and every feature of its model', async () => {
    expect([dataSet.rows.length, dataSet.training.length]).toEqual([rows, training]);
    const { manifest } = await load(name);
    const [tabular] = manifest!.pipeline!.preprocess;
    const names = dataSet.features.map((feature) => feature.name);
    expect(names.toSorted()).toEqual(
      (tabular as { features: readonly string[] }).features.toSorted(),
    );
    expect(names).toHaveLength(features);
    expect(manifest!.labels!.toSorted()).toEqual(dataSet.kinds.toSorted());
  });

  test('offers two rows of each kind that are not of the training data, and not outside of it', async () => {
    expect(dataSet.samples.map((sample) => sample.name)).toEqual(
      dataSet.kinds.flatMap((kind) => [`${kind} 1`, `${kind} 2`]),
    );
    for (const sample of dataSet.samples)
      expect(dataSet.training.some((row) => row.values === sample.values)).toBe(false);
    const predictions = await (
      await load(name)
    ).predictMany(dataSet.samples.map(({ values }) => values));
    expect(predictions.flatMap(({ outside }) => outside)).toEqual([]);
  });

  test('marks the range that the reference of the model has', async () => {
    const model = await load(name);
    const far = Object.fromEntries(dataSet.features.map((feature) => [feature.name, 1e9]));
    const { outside } = await model.predict(far);
    expect(outside).toHaveLength(features);
    for (const each of outside)
      expect(each).toMatchObject({
        min: dataSet.spreads[each.feature]!.min,
        max: dataSet.spreads[each.feature]!.max,
      });
  });

  test('has the five features on top whose shuffling changes the scores of the truth most', async () => {
    const model = await load(name);
    const scores = async (change: (values: Values, row: number) => Values): Promise<number> => {
      const changed = dataSet.training.map(({ values }, i) => change(values, i));
      const found = await model.predictMany(changed);
      return found.reduce((sum, { output }, i) => {
        const { top } = output as Classification;
        return sum + top.find(({ label }) => label === dataSet.training[i]!.kind)!.score;
      }, 0);
    };
    const losses = new Map<string, number>();
    for (const feature of dataSet.features) {
      let kept = 0;
      // Rows are in the order of their kinds, so the steps are of different lengths.
      for (const step of [13, 53])
        kept += await scores((values, row) => {
          const other = dataSet.training[(row + step) % dataSet.training.length]!;
          return { ...values, [feature.name]: other.values[feature.name]! };
        });
      losses.set(feature.name, -kept);
    }
    const most = [...losses].toSorted((a, b) => b[1] - a[1]).slice(0, 5);
    expect(most.map(([feature]) => feature).toSorted()).toEqual(
      dataSet.main.map((feature) => feature.name).toSorted(),
    );
  });
});

test('a contribution is the score less the score with the typical value of training in its place', async () => {
  const model = await load('wine');
  const { values } = WINE.samples[2]!;
  const [score] = await scoresOf(model, [values], 'Grignolino');
  const without = await scoresOf(model, rowsToAsk(WINE, values), 'Grignolino');
  const contributions = contributionsOf(WINE, score!, without);
  expect(contributions.map(({ label }) => label)).toEqual([
    ...WINE.main.map(({ label }) => label),
    'The other 8 together',
  ]);
  const typical = { ...values, proline: WINE.spreads['proline']!.median };
  const [typicalScore] = await scoresOf(model, [typical], 'Grignolino');
  expect(contributions[0]!.points).toBeCloseTo(score! - typicalScore!, 6);
  // All values of a typical wine: nothing contributes.
  const medians = Object.fromEntries(
    WINE.features.map(({ name }) => [name, WINE.spreads[name]!.median]),
  );
  for (const row of rowsToAsk(WINE, medians)) expect(row).toEqual(medians);
});

test('the last of the rows to ask has all values typical but the main ones', () => {
  const { values } = WINE.samples[0]!;
  const last = rowsToAsk(WINE, values).at(-1)!;
  for (const { name } of WINE.features) {
    const isMain = WINE.main.some((feature) => feature.name === name);
    expect(last[name]).toBe(isMain ? values[name] : WINE.spreads[name]!.median);
  }
});

test('the nearest training row of a training row is itself, also a little beside it', () => {
  for (const dataSet of [WINE, WDBC] as readonly DataSet[]) {
    const row = dataSet.training[40]!;
    expect(nearestRow(dataSet, row.values)).toBe(row);
    const [feature] = dataSet.main;
    const beside = { ...row.values, [feature!.name]: row.values[feature!.name]! * 1.001 };
    expect(nearestRow(dataSet, beside)).toBe(row);
  }
});

test('the shift multiplies its measurements and no other', () => {
  const { values } = WINE.samples[0]!;
  const after = shifted(WINE, values);
  expect(after['alcohol']).toBeCloseTo(values['alcohol']! * 1.06);
  expect({ ...after, alcohol: 0, hue: 0, ash: 0 }).toEqual({
    ...values,
    alcohol: 0,
    hue: 0,
    ash: 0,
  });
});

test('the sentence about values outside names the first, its range, and how many more', () => {
  const below = { feature: 'alcohol', value: -5, reason: 'below', min: 11, max: 14.75 } as const;
  const above = { feature: 'hue', value: 1e9, reason: 'above', min: 0.5, max: 1.7 } as const;
  expect(outsideText(WINE, [])).toBe('Each value is within the range of the 133 training wines.');
  expect(outsideText(WINE, [below])).toBe(
    'Alcohol −5 is below all training wines: they have 11 to 14.75.',
  );
  expect(outsideText(WINE, [above, below])).toBe(
    'Hue 1,000,000,000 is above all training wines: they have 0.5 to 1.7. ' +
      'One more value is outside, too.',
  );
  expect(outsideText(WINE, [above, below, below])).toContain('2 more values are outside, too.');
});

test('numbers are short, and signs are those of people', () => {
  expect([numberText(-0.012345), numberText(1e300), numberText(0)]).toEqual([
    '−0.01235',
    '1E300',
    '0',
  ]);
  expect([pointsText(0.071), pointsText(-0.2), pointsText(0.001)]).toEqual(['+7', '−20', '0']);
});
