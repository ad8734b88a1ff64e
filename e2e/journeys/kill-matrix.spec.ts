import { expect, test } from '@playwright/test';
import { killBrowser, killBrowserWithOpfs } from '../../campaigns/kill/browser.ts';
import { killFirstVisit } from '../../campaigns/kill/first-visit.ts';
import { killNode } from '../../campaigns/kill/node.ts';
import { killRightAfter } from '../../campaigns/kill/right-after.ts';

/** A short run; `npm run campaign:kill` runs more. */
const KILLS = Number(process.env['PERIGEE_KILLS'] ?? 0);
const SEED = Number(process.env['PERIGEE_SEED'] ?? 1);

for (const [name, campaign, slice, msPerKill] of [
  ['Chromium', killBrowser, 4, 20_000],
  ['Chromium with files outside IndexedDB', killBrowserWithOpfs, 4, 20_000],
  ['Node', killNode, 8, 6_000],
] as const) {
  // oxlint-disable-next-line no-empty-pattern -- Playwright wants the pattern
  test(`killed at any moment of an update, ${name} answers with the old version or the new one`, async ({}, {
    outputDir,
  }) => {
    const kills = KILLS || slice;
    test.setTimeout(240_000 + kills * 3 * msPerKill);
    const { seen, table } = await campaign(outputDir, kills, SEED);
    console.log(`\n${table}\n`);
    expect(seen.filter(({ outcome }) => outcome === 'neither' || outcome === 'mixture')).toEqual(
      [],
    );
    expect(seen).toHaveLength(kills);
  });
}

// oxlint-disable-next-line no-empty-pattern -- Playwright wants the pattern
test('killed on its first visit, Chromium finds a whole version or none, and fetches nothing again', async ({}, {
  outputDir,
}) => {
  const kills = KILLS || 6;
  test.setTimeout(240_000 + kills * 3 * 20_000);
  const { seen, table } = await killFirstVisit(outputDir, kills, SEED);
  console.log(`\n${table}\n`);
  expect(seen.filter(({ outcome }) => outcome !== 'whole' && outcome !== 'nothing')).toEqual([]);
  expect(seen).toHaveLength(kills);
});

for (const form of ['blob', 'opfs'] as const) {
  // oxlint-disable-next-line no-empty-pattern -- Playwright wants the pattern
  test(`killed right after an answer, Chromium finds each file in one piece: ${form}`, async ({}, {
    outputDir,
  }) => {
    test.setTimeout(360_000);
    const [first, disposed, update] = await killRightAfter(outputDir, form);
    console.log(first, disposed, update);
    // The first version may answer before it is stored. What is stored is in one piece.
    expect(first!.files[1]).toBe(first!.files[0]);
    expect(first!.answer).toBe(first!.active);
    expect(disposed).toMatchObject({ active: '1.0.0', files: [1, 1], answer: '1.0.0' });
    expect(update).toMatchObject({ active: '1.1.0', files: [2, 2], answer: '1.1.0' });
  });
}
