import { expect, test } from '@playwright/test';
import { killOpfs } from '../../campaigns/kill/opfs.ts';

/** A short run; `npm run campaign:kill` runs more. */
const KILLS = Number(process.env['PERIGEE_KILLS'] ?? 0) || 4;
const SEED = Number(process.env['PERIGEE_SEED'] ?? 1);

// oxlint-disable-next-line no-empty-pattern -- Playwright wants the pattern
test('a kill while a file is joined in OPFS leaves it whole or in chunks; leftovers are removed', async ({}, {
  outputDir,
}) => {
  test.setTimeout(240_000 + KILLS * 60_000);
  const { seen, table } = await killOpfs(outputDir, KILLS, SEED);
  console.log(`\n${table}\n`);
  expect(seen).toHaveLength(KILLS);
  for (const one of seen)
    expect(one).toMatchObject({ torn: 0, leftovers: [expect.any(Number), 0] });
  // The first file was whole before the first kill.
  for (const { wholeFiles, objects } of seen)
    expect([wholeFiles > 0, objects >= 8]).toEqual([true, true]);
});
