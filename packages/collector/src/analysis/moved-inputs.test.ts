import { expect, test } from 'vitest';
import { SCORE_BINS } from '@perigee/profile';
import { REFERENCE_ID, reference } from '../export/sample.test.data.ts';
import type { PublishedModels } from '../published-models.ts';
import { fleet, pagesOf } from './pages.fixture.ts';

/** The sample's reference with a calibration by which every score is right as often as it says. */
const calibrated: PublishedModels = {
  find: async () => ({
    labels: reference.output!.labels,
    segments: [],
    reference: {
      id: REFERENCE_ID,
      profile: {
        ...reference,
        output: {
          ...reference.output!,
          calibration: {
            probabilities: Array.from({ length: SCORE_BINS }, (_, bin) => (bin + 0.5) / SCORE_BINS),
            rows: 1_000,
            accuracy: 0.74,
          },
        },
      },
    },
  }),
  channels: async () => undefined,
};

const unlabelled = (shift: number) =>
  fleet(() => shift).map((one) => ({ ...one, confusion: new Map<number, number>() }));

test('an estimate names the inputs that moved, and the overview says that it may be wrong', async () => {
  const calm = await pagesOf(unlabelled(0), 500, calibrated);
  expect((await calm.performance()).estimated).toMatchObject({ drifted: [], unjudged: [] });
  expect((await calm.health()).accuracy).toMatchObject({ kind: 'estimated', inputsMoved: false });

  const moved = await pagesOf(unlabelled(0.3), 500, calibrated);
  expect((await moved.performance()).estimated).toMatchObject({ drifted: ['x'], unjudged: [] });
  expect((await moved.health()).accuracy).toMatchObject({ kind: 'estimated', inputsMoved: true });
});

test('an estimate names the inputs of which too little was counted to say whether they moved', async () => {
  const pages = await pagesOf(unlabelled(0.3), 1e6, calibrated);
  const { estimated, slices } = await pages.performance();
  expect(estimated?.drifted).toEqual([]);
  expect(estimated?.unjudged.toSorted()).toEqual(['colour', 'x']);
  // The only part of the fleet has the same estimate, with the same interval.
  expect(slices[0]?.estimatedAccuracy).toEqual(estimated?.accuracy);
});
