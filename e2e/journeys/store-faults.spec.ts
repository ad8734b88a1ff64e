import { expect, test } from '@playwright/test';
import { damageStores, stopWriters } from '../../campaigns/kill/store-faults.ts';
import { runShortJobs } from '../../campaigns/kill/short-jobs.ts';

/** A short run; `npm run campaign:kill` runs more. */
const ROUNDS = Number(process.env['PERIGEE_KILLS'] ?? 0);
const SEED = Number(process.env['PERIGEE_SEED'] ?? 1);
const MS_PER_ROUND = 20_000;

const CAMPAIGNS = [
  ['a process is stopped while it writes to the store', stopWriters, 1],
  ['the journal of the store is damaged', damageStores, 1],
  ['short jobs load the model and end in order', runShortJobs, 1],
] as const;

for (const [fault, campaign, slice] of CAMPAIGNS) {
  // oxlint-disable-next-line no-empty-pattern -- Playwright wants the pattern
  test(`when ${fault}, Node answers with the new version`, async ({}, { outputDir }) => {
    const rounds = ROUNDS || slice;
    test.setTimeout(240_000 + rounds * MS_PER_ROUND);
    const { seen, table } = await campaign(outputDir, rounds, SEED);
    console.log(`\n${table}\n`);
    expect(seen.filter(({ outcome }) => outcome !== 'new')).toEqual([]);
    expect(seen).toHaveLength(rounds);
  });
}
