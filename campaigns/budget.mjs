// npm run campaign:budget [-- --calls N --budget MB]: opens ten models of 100 MB in all in one page,
// by name and by URL, with and without a memory budget. Prints a table. The exit code is 1 if an
// answer is wrong or lost, models by name exceed the budget, or no model gives its worker back.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { progress } from '../scripts/progress.mjs';
import { ROOT, findChromium, install, main, step } from '../scripts/steps.mjs';
import { callMany } from './budget/in-page.mjs';
import { table } from './shared/table.mjs';

await main(async () => {
  const { values } = parseArgs({
    options: {
      calls: { type: 'string', default: '40' },
      budget: { type: 'string', default: '240' },
    },
  });
  const [calls, budgetMB] = [Number(values.calls), Number(values.budget)];
  const visits = [false, true].flatMap((byUrl) =>
    [undefined, budgetMB].map((memoryBudgetMB) => ({ byUrl, memoryBudgetMB })),
  );
  await step('Installing dependencies', install);
  const [{ publishModels }, { serve }, { launch, pagesResident }, { buildLabFiles }] =
    await Promise.all([
      import('./budget/models.mjs'),
      import('../bench/server.mjs'),
      import('../bench/runtime/browser.mjs'),
      import('../e2e/support/lab-files.mjs'),
    ]);
  const folder = mkdtempSync(join(tmpdir(), 'perigee-budget-'));
  const { say, done } = progress('Ten models');
  try {
    const lab = join(ROOT, '.perigee', 'lab');
    await buildLabFiles(lab);
    const { registry, files, names } = await publishModels(folder, 'large', say);
    const host = await serve([
      ['/budget/', registry],
      ['/files/', files],
      ['/', lab],
    ]);
    const rows = [];
    for (const { byUrl, memoryBudgetMB } of visits) {
      const loaded = byUrl ? 'by URL' : 'by name';
      const budget = memoryBudgetMB ? `${memoryBudgetMB} MB` : 'none';
      say(`${loaded}, budget: ${budget}`);
      const browser = await launch(await findChromium());
      const page = await browser.newPage();
      await page.goto(host.url);
      await page.waitForFunction(() => document.title === 'lab ready');
      let most = 0;
      const meter = setInterval(async () => {
        most = Math.max(most, (await pagesResident(browser).catch(() => 0)) ?? 0);
      }, 200);
      const seen = await page.evaluate(callMany, {
        names,
        byUrl,
        memoryBudgetMB,
        calls,
        seed: 22,
      });
      clearInterval(meter);
      await browser.close();
      const isRight = seen.wrong.length === 0 && seen.answers === seen.calls;
      const isKept = !memoryBudgetMB || (seen.mostMB <= memoryBudgetMB && seen.released > 0);
      if (!isRight || !isKept) process.exitCode = 1;
      rows.push([
        isRight && isKept ? '✓' : '✗',
        loaded,
        budget,
        `${seen.answers} of ${seen.calls}, ${seen.wrong.length} wrong`,
        // The SDK lists models by name only.
        byUrl ? '–' : `${seen.mostMB.toFixed(0)} MB`,
        `${(most / 1e6).toFixed(0)} MB`,
        String(seen.released),
        seen.seconds.toFixed(1),
      ]);
    }
    host.close();
    done();
    const figures = ['answers', 'most by estimate', 'most resident', 'released', 's'];
    const head = ['', 'loaded', 'budget', ...figures];
    console.log(`\n${table([head, ...rows])}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
