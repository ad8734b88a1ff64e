import { expect, test } from 'vitest';
import { groupByCause } from './same-cause.ts';

const alert = (id: string, since: string, change: object = {}) => ({
  id,
  model: 'digits',
  version: '1.0.0',
  state: 'open' as const,
  since: `2026-11-30T${since}:00:00.000Z`,
  ...change,
});
const ids = (alerts: readonly ReturnType<typeof alert>[]): string[] =>
  groupByCause(alerts).map((group) => group.map(({ id }) => id).join(' '));

test('alerts of one version that began together are one cause', () => {
  expect(ids([alert('a', '10'), alert('b', '12'), alert('c', '10', { version: '1.1.0' })])).toEqual(
    ['a b', 'c'],
  );
});

test('a later onset, another model and an alert that is over are other causes', () => {
  expect(
    ids([
      alert('a', '02'),
      alert('b', '10'),
      alert('c', '02', { model: 'wdbc' }),
      alert('d', '02', { state: 'resolved' }),
    ]),
  ).toEqual(['a', 'b', 'c', 'd']);
});

test('an alert between two groups joins them, whatever the order', () => {
  expect(ids([alert('a', '02'), alert('c', '09'), alert('b', '07')])).toEqual(['a', 'c b']);
  expect(ids([alert('a', '02'), alert('c', '09'), alert('b', '04')])).toEqual(['a b', 'c']);
  expect(ids([alert('a', '02'), alert('c', '07'), alert('b', '05')])).toEqual(['a c b']);
});
