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

/** Answers of a first version wait for the pointer for 250 ms. The load ends a little after that. */
const SURELY_WAITING_MS = 150;

for (const form of ['blob', 'opfs', 'chunks'] as const) {
  // oxlint-disable-next-line no-empty-pattern -- Playwright wants the pattern
  test(`killed right after an answer, Chromium finds the version that answered: ${form}`, async ({}, {
    outputDir,
  }) => {
    test.setTimeout(480_000);
    const [first, disposed, update] = await killRightAfter(outputDir, form);
    console.log(first, disposed, update);
    const inOnePiece = (count: number): number => (form === 'chunks' ? 0 : count);
    const found = { active: '1.0.0', files: [1, inOnePiece(1)], answer: '1.0.0' };
    // Only a store that is late lets the first version answer before it is active.
    if (first!.active !== null || first!.waitedMs < SURELY_WAITING_MS)
      expect(first).toMatchObject(found);
    else expect(first).toMatchObject({ answer: null });
    expect(disposed).toMatchObject(found);
    expect(update).toMatchObject({
      active: '1.1.0',
      files: [2, inOnePiece(2)],
      answer: '1.1.0',
    });
  });
}
