import type { ChannelFile } from '@perigee/registry';
import { expect, test } from 'vitest';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { keepHarms, keptHarmOf, keptHarms } from './kept-harm.ts';

const pair = { model: 'm', champion: '1.0.0', challenger: '1.1.0' };
const rolledOut = (startAt: string): ChannelFile =>
  ({
    schema: 'perigee-channels/1',
    model: 'm',
    updatedAt: startAt,
    channels: {
      stable: {
        version: '1.0.0',
        rollout: { version: '1.1.0', permyriad: 100, salt: 's', startAt },
      },
    },
  }) as unknown as ChannelFile;

test('harm that was seen stays for its rollout, and a new rollout begins without it', async () => {
  const store = openSqliteStore(':memory:');
  const sinceMs = Date.parse('2026-11-20T10:30:00Z');
  await keepHarms(store, [{ ...pair, reasons: ['it fails'] }], sinceMs);
  const kept = await keptHarms(store);
  const seen = { ...pair, reasons: ['it fails'], sinceMs };
  expect(keptHarmOf(kept, pair, undefined)).toEqual(seen);
  expect(keptHarmOf(kept, pair, rolledOut('2026-11-20T10:15:00Z'))).toEqual(seen);
  expect(keptHarmOf(kept, pair, rolledOut('2026-11-21T09:00:00Z'))).toBeUndefined();
  // A rollout that begins in the same hour, after the harm was seen.
  expect(keptHarmOf(kept, pair, rolledOut('2026-11-20T10:45:00Z'))).toBeUndefined();
  expect(keptHarmOf(kept, { ...pair, challenger: '1.2.0' }, undefined)).toBeUndefined();
  await store.close();
});
