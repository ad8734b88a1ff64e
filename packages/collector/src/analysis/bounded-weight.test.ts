import { emptyProfile } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import { expect, test } from 'vitest';
import { fleetOf } from './fleet.ts';

const profileOf = (group: number, predictions: number): Profile => ({
  ...emptyProfile({
    model: 'm',
    version: '1.0.0',
    reference: 'r',
    backend: 'wasm',
    browser: 'node',
    segment: '',
    sampling: 0,
    privacy: 0,
    group,
    hour: 490_000,
  }),
  predictions,
  labels: Float64Array.of(predictions * 0.75, predictions * 0.25),
});

test('groups without predictions do not change the others', () => {
  const counting = [100, 90, 110, 100].map((predictions, group) => profileOf(group, predictions));
  const silent = [4, 5, 6, 7, 8].map((group) => profileOf(group, 0));
  expect([...fleetOf([...counting, ...silent])!.total.labels]).toEqual([300, 100]);
});

test('a group weighs at most ten times the median of its hour', () => {
  const counting = [100, 100, 100, 1e7].map((predictions, group) => profileOf(group, predictions));
  expect([...fleetOf(counting)!.total.labels]).toEqual([975, 325]);
});
