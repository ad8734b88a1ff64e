import { emptyProfile } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import { seededRandom } from '@perigee/profile/analysis';
import { expect, test } from 'vitest';
import { openMemoryStore } from '../store/memory/memory-store.ts';
import { fleetOf } from './fleet.ts';
import { readFleet } from './read-fleet.ts';

const HOUR = 490_000;

/** A day of 16 groups, two references and two samplings, in one group a thousandfold if asked. */
function dayOf(seed: number, times: number): Profile[] {
  const random = seededRandom(seed);
  return Array.from({ length: 24 * 16 * 4 }, (_, i): Profile => {
    const [group, hour] = [i % 16, HOUR + (Math.floor(i / 16) % 24)];
    const predictions = Math.floor(random() * 50) * (group === 3 && hour === HOUR + 5 ? times : 1);
    const right = Math.floor(random() * predictions);
    return {
      ...emptyProfile({
        model: 'm',
        version: '1.0.0',
        reference: random() < 0.8 ? 'r' : 's',
        backend: ['wasm', 'webgpu'][i % 2]!,
        browser: 'node',
        segment: '',
        sampling: random() < 0.3 ? 2 : 0,
        privacy: 0,
        group,
        hour,
      }),
      predictions,
      labels: Float64Array.of(right, predictions - right),
    };
  });
}

test.each([1, 1_000])(
  'a fleet has the counts of its hours, each with its bounds, with %i times as many of one group',
  async (times) => {
    for (let seed = 0; seed < 5; seed += 1) {
      const store = openMemoryStore();
      const profiles = dayOf(seed, times);
      await store.commit([{ batchId: 'a'.repeat(32), sealedAtMs: 1, lost: {}, profiles }]);
      const query = { model: 'm', version: '1.0.0', fromHour: HOUR, toHour: HOUR + 24 };
      const sums = await store.sums(query, ['group', 'hour']);
      const expected = fleetOf(sums.filter(({ key }) => key.reference === 'r'))!;
      const fleet = (await readFleet(store, query, 'r'))!;
      const figures = ({ total, groups, ...rest }: typeof fleet) => ({
        ...rest,
        total: total.labels,
        groups: groups.map(({ key, labels, predictions }) => [key.group, predictions, ...labels]),
      });
      expect(figures(fleet)).toEqual(figures(expected));
      expect(Number.isInteger(fleet.total.labels[0])).toBe(times === 1);
    }
  },
);
