import fastify from 'fastify';
import { emptyProfile } from '@perigee/profile';
import type { NumericReference, Profile, ReferenceProfile } from '@perigee/profile';
import { expect, onTestFinished, test } from 'vitest';
import { registerRetraining } from '../query-thread/routes/retraining.ts';
import { DRIFT_DEFAULTS } from '../analysis/drift.ts';
import { retrainingOf } from './retraining.ts';
import type { RetrainingFile, ShiftedFeature } from './retraining-file.ts';
import {
  MODEL,
  reference,
  REFERENCE_ID,
  publishedModels,
  sampleProfile,
  storeOf,
} from './sample.test.data.ts';

const HOUR = Math.floor(Date.now() / 3_600_000);

function fileOf(
  profiles: readonly Profile[],
  profile: ReferenceProfile = reference,
): RetrainingFile {
  return retrainingOf({
    model: MODEL,
    version: '1.0.0',
    from: '2026-11-20T00:00:00.000Z',
    to: '2026-11-21T00:00:00.000Z',
    reference: { id: REFERENCE_ID, profile },
    profiles,
    minDevices: 1,
    drift: { ...DRIFT_DEFAULTS, minObservations: 200 },
  })!;
}

const feature = (file: RetrainingFile, name: string, population = 0): ShiftedFeature =>
  file.populations[population]!.features.find((one) => one.name === name)!;

test('a feature that moved is listed with score, threshold, direction and share out of range', () => {
  const file = fileOf([sampleProfile({ hour: HOUR }, { shift: 0.3 })]);
  expect(file).toMatchObject({
    schema: 'perigee-retraining/1',
    model: MODEL,
    reference: REFERENCE_ID,
    referenceRows: 960,
    maxWeight: 20,
    randomisedPredictions: 0,
  });
  expect(file.populations).toHaveLength(1);
  expect(file.populations[0]).toMatchObject({
    segment: null,
    predictions: 600,
    devices: 1,
    estimatedPredictions: 600,
    moved: ['x'],
  });
  const x = feature(file, 'x');
  expect(x).toMatchObject({
    kind: 'numeric',
    unit: 'm',
    verdict: 'drift',
    method: 'wasserstein',
    threshold: 0.03,
    observations: 588,
    shift: { direction: 'up' },
    other: null,
  });
  expect(x.score - x.noiseFloor).toBeGreaterThan(x.threshold);
  expect(x.shift!.referenceMean).toBeCloseTo(0.5, 2);
  // 30 % lie beyond the largest reference value. In means they count as the midpoint of the last
  // bin.
  expect(x.shift!.currentMean).toBeGreaterThan(0.7);
  expect(x.outOfRange).toBeCloseTo(0.3, 1);
  expect(x.missing).toEqual({ reference: 0, current: 0.02 });
  expect(
    fileOf([sampleProfile({ hour: HOUR }, { shift: -0.3 })]).populations[0]!.features[0]!.shift!
      .direction,
  ).toBe('down');
});

test('weights turn the reference into the current distribution, and are capped', () => {
  const file = fileOf([sampleProfile({ hour: HOUR }, { shift: 0.3 })]);
  const { bins } = feature(file, 'x');
  expect(bins.reduce((sum, { reference }) => sum + reference, 0)).toBeCloseTo(1, 12);
  for (const { reference, current, weight } of bins)
    expect(weight * reference).toBeCloseTo(current, 12);
  expect(bins[0]).toMatchObject({
    lower: null,
    upper: (reference.features[0] as NumericReference).edges[0],
    weight: 0,
  });
  const colour = feature(file, 'colour');
  expect(colour).toMatchObject({
    kind: 'categorical',
    shift: null,
    other: { reference: 0, current: 0.025 },
  });
  expect(colour.bins.map(({ label, weight }) => [label, weight])).toEqual([
    ['blue', expect.closeTo(0.975, 2)],
    ['green', expect.closeTo(0.975, 2)],
    ['red', expect.closeTo(0.975, 2)],
    ['other', 20],
  ]);
  const [rare] = fileOf([sampleProfile({ hour: HOUR })], {
    ...reference,
    features: [
      {
        ...(reference.features[0] as NumericReference),
        counts: [1, ...Array.from({ length: 31 }, () => 1_000)],
      },
      reference.features[1]!,
    ],
  }).populations[0]!.features.filter(({ name }) => name === 'x');
  expect(rare!.bins[0]!.weight).toBe(20);
});

test('segments are listed beside the whole, and sampled counts are weighted', () => {
  const file = fileOf([
    sampleProfile({ hour: HOUR }),
    sampleProfile({ hour: HOUR, segment: 'shop', sampling: 3 }, { shift: 0.4 }),
  ]);
  expect(
    file.populations.map(
      ({ segment, predictions, estimatedPredictions, estimatedDevices, moved }) => [
        segment,
        predictions,
        estimatedPredictions,
        estimatedDevices,
        moved,
      ],
    ),
  ).toEqual([
    [null, 1_200, 5_400, 9, ['x']],
    ['', 600, 600, 1, []],
    ['shop', 600, 4_800, 8, ['x']],
  ]);
  const [all, plain, shop] = [0, 1, 2].map(
    (population) => feature(file, 'x', population).bins.at(-1)!.current,
  );
  expect(all).toBeCloseTo((plain! + 8 * shop!) / 9, 12);
});

test('labels have expected and observed shares; accuracy comes from ground truth', () => {
  const [all] = fileOf([sampleProfile({ hour: HOUR })]).populations;
  expect(all!.labels).toMatchObject({
    verdict: 'stable',
    method: 'total-variation',
    shares: [
      { label: 'no', expected: 0.5, seen: 0.5 },
      { label: 'yes, "sure"', expected: 0.5, seen: 0.5 },
    ],
  });
  expect(all!.accuracy).toEqual({
    kind: 'labels',
    labelled: 60,
    correct: 30,
    accuracy: 0.5,
    expected: null,
    byTrueLabel: [
      { label: 'no', labelled: 30, correct: 30 },
      { label: 'yes, "sure"', labelled: 30, correct: 0 },
    ],
  });
  expect(
    fileOf([{ ...sampleProfile({ hour: HOUR }), confusion: new Map() }]).populations[0]!.accuracy,
  ).toBeNull();
});

test("errors of numbers come in the model's unit", () => {
  const value: NumericReference = {
    ...(reference.features[0] as NumericReference),
    name: 'metres',
    min: 0,
    max: 512,
  };
  const base = sampleProfile({ hour: HOUR });
  const profile: Profile = {
    ...emptyProfile(base.key),
    features: base.features,
    values: new Float64Array(32),
    regression: { count: 4, over: 6, under: 2, squaredError: 36, truth: 0, truthSquared: 0 },
  };
  const [all] = fileOf([profile], {
    schema: 'perigee-reference/1',
    rows: 960,
    features: reference.features,
    value,
  }).populations;
  expect(all).toMatchObject({
    labels: null,
    accuracy: {
      kind: 'number',
      labelled: 4,
      meanError: 2,
      meanAbsoluteError: 4,
      rootMeanSquaredError: 6,
    },
  });
});

test('randomised counts are mentioned and part of no figure', () => {
  const file = fileOf([
    sampleProfile({ hour: HOUR }),
    sampleProfile({ hour: HOUR, privacy: 20 }, { predictions: 300, shift: 0.4 }),
  ]);
  expect(file).toMatchObject({
    randomisedPredictions: 300,
    populations: [{ predictions: 600, moved: [] }],
  });
  expect(fileOf([sampleProfile({ hour: HOUR, privacy: 20 })])).toBeUndefined();
});

test('the route returns the file of the version counted last, or the reason for its absence', async () => {
  const app = fastify();
  onTestFinished(() => app.close());
  const store = await storeOf(
    sampleProfile({ hour: HOUR }),
    sampleProfile({ hour: HOUR - 1, version: '0.9.0' }),
    sampleProfile({ hour: HOUR, version: '0.0.0' }),
  );
  registerRetraining(app, { store, publishedModels, minDevices: 1 }, DRIFT_DEFAULTS);
  const answer = await app.inject(`/v1/models/${MODEL}/retraining`);
  expect(answer.headers['content-disposition']).toBe(
    'attachment; filename="mo.del-1.0.0-retraining.json"',
  );
  const file = answer.json<RetrainingFile>();
  expect(
    file.to > file.from && file.version === '1.0.0' && file.populations[0]!.predictions === 600,
  ).toBe(true);
  expect((await app.inject(`/v1/models/${MODEL}/retraining?version=0.0.0`)).json()).toMatchObject({
    message: expect.stringContaining('published without a reference') as string,
  });
  expect((await app.inject(`/v1/models/${MODEL}/retraining?to=2001-01-01`)).json()).toMatchObject({
    message: expect.stringContaining('Nothing was counted') as string,
  });
});
