import { encodeProfile } from '@perigee/profile';
import { expect, test } from 'vitest';
import { deviceHour } from '../ingest/uploads.fixture.ts';
import { addedUp } from './added-up.ts';

test('adding up changes no profile', () => {
  const profiles = [1, 2, 3].map((count) =>
    deviceHour(
      { group: count },
      {
        predictions: count,
        labels: Float64Array.of(count, 0),
        latency: deviceHour().latency.map((histogram) => histogram.with(count, 1)),
        errors: { TIMEOUT: count },
        confusion: new Map([[3, count]]),
      },
    ),
  );
  const before = profiles.map(encodeProfile);
  const [first, ...rest] = profiles;
  const sum = addedUp([first!, ...rest]);
  expect(sum).toMatchObject({
    key: { group: 1 },
    devices: 3,
    predictions: 6,
    labels: Float64Array.of(6, 0),
    errors: { TIMEOUT: 6 },
    confusion: new Map([[3, 6]]),
  });
  expect(sum.latency[0]!.subarray(0, 5)).toEqual(Float64Array.of(0, 1, 1, 1, 0));
  expect(profiles.map(encodeProfile)).toEqual(before);
});
