import { expect, test } from 'vitest';
import type { LoadProgress } from '../../config.ts';
import { createProgress } from './progress.ts';

test('reports 0 first and 1 last, and never decreases', async () => {
  const seen: LoadProgress[] = [];
  const progress = await createProgress((report) => seen.push(report));
  progress.phase('download');
  progress.bytes(50, 100);
  progress.bytes(20, 100);
  progress.phase('resolve');
  progress.phase('compile');
  progress.bytes(100, 100);
  progress.phase('download');
  progress.phase('ready');
  expect(seen[0]).toEqual({ phase: 'resolve', fraction: 0, loadedBytes: 0, totalBytes: 0 });
  expect(seen.at(-1)).toEqual({ phase: 'ready', fraction: 1, loadedBytes: 100, totalBytes: 100 });
  for (let i = 1; i < seen.length; i += 1) {
    expect(seen[i]!.fraction).toBeGreaterThanOrEqual(seen[i - 1]!.fraction);
    expect(seen[i]!.loadedBytes).toBeGreaterThanOrEqual(seen[i - 1]!.loadedBytes);
  }
});

test('without a listener there is nothing to report', async () => {
  const progress = await createProgress(undefined);
  progress.bytes(1, 2);
  expect(progress.phase('ready')).toBeUndefined();
});
