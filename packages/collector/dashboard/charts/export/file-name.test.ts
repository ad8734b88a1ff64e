import { expect, test } from 'vitest';
import { fileName } from './file-name.ts';

test('a file is named by its model, chart and window', () => {
  const subject = {
    model: 'digits',
    version: '1.0.0',
    filters: ['webgpu'],
    from: '2026-11-29T08:00:00.000Z',
    to: '2026-11-30T09:30:10.000Z',
  };
  expect(fileName(subject, 'Drift over time, in steps of 1 h', 'csv')).toBe(
    'digits-1.0.0-webgpu-drift-over-time-in-steps-of-1-h-20261129T08Z-20261130T0930Z.csv',
  );
});

test('a name cannot leave the folder of the file', () => {
  const subject = { model: '../../x', from: '2026-11-29T08:00Z', to: '2026-11-29T09:00Z' };
  expect(fileName(subject, 'Größe: <a/b>', 'svg')).toBe(
    'x-größe-a-b-20261129T08Z-20261129T09Z.svg',
  );
});
