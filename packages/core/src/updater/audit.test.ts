import { expect, test } from 'vitest';
import { createMemoryStore } from '../store/memory.ts';
import { audit, auditEntries, brokenAt } from './audit.ts';

test('the log is a chain: changed and missing entries are found', async () => {
  const store = createMemoryStore();
  for (const version of ['1.0.0', '1.1.0', '1.2.0'])
    await audit(store, { event: 'activate', model: 'digits', version });
  const entries = await auditEntries(store);
  expect([entries.map(({ seq }) => seq), await brokenAt(entries)]).toEqual([[1, 2, 3], null]);
  expect(
    await brokenAt(
      entries.map((entry) => (entry.seq === 2 ? { ...entry, version: '9.9.9' } : entry)),
    ),
  ).toBe(2);
  expect(await brokenAt(entries.filter(({ seq }) => seq !== 2))).toBe(3);
});

test('many events at once are all in the chain, in order', async () => {
  const store = createMemoryStore();
  await Promise.all(
    Array.from({ length: 20 }, (_, i) => audit(store, { event: 'download', reason: String(i) })),
  );
  const entries = await auditEntries(store);
  expect([entries.length, await brokenAt(entries)]).toEqual([20, null]);
});
