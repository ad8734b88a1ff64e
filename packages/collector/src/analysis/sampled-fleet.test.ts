import { emptyProfile } from '@perigee/profile';
import { expect, test } from 'vitest';
import { fleetOf } from './fleet.ts';

test('each count of a sampled device stands for that of all devices it was drawn from', () => {
  const profile = {
    ...emptyProfile({
      model: 'm',
      version: '1.0.0',
      reference: 'r',
      backend: 'wasm',
      browser: 'node',
      segment: '',
      sampling: 3,
      privacy: 0,
      group: 2,
      hour: 490_000,
    }),
    devices: 10,
    failedDevices: 4,
    predictions: 100,
    labels: Float64Array.of(60, 40),
    errors: { TIMEOUT: 5 },
  };
  const { total, rawShare, devices } = fleetOf([profile])!;
  expect(total).toMatchObject({ devices: 80, failedDevices: 32, predictions: 800 });
  expect([...total.labels]).toEqual([480, 320]);
  expect(total.errors).toEqual({ TIMEOUT: 40 });
  expect([rawShare, devices]).toEqual([1 / 8, 10]);
});
