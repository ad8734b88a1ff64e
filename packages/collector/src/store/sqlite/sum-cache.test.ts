import { emptyProfile } from '@perigee/profile';
import { addInto } from '@perigee/profile/analysis';
import { expect, test } from 'vitest';
import { deviceHour } from '../../ingest/uploads.fixture.ts';
import { createSumCache } from './sum-cache.ts';
import type { StoredSum } from './sum-rows.ts';

const { key } = deviceHour();
const ofSize = (bins: number): StoredSum => ({
  profile: { ...emptyProfile(key), labels: new Float64Array(bins) },
  profiles: 1,
});

test('the limit holds after a cached sum has grown in place', () => {
  const cache = createSumCache();
  const growing = ofSize(2);
  cache.set('growing', growing);
  const confusion = new Map(Array.from({ length: 20_000 }, (_, cell) => [cell, 1]));
  addInto(growing.profile, { ...ofSize(2).profile, confusion });
  cache.set('growing', ofSize(2));
  cache.set('first', ofSize(2 ** 21));
  cache.set('second', ofSize(2 ** 21));
  expect(cache.get('first')).toBeUndefined();
  expect(cache.get('second')?.profile.labels).toHaveLength(2 ** 21);
});
