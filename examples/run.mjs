// npm run examples [-- --only vite-8,webpack] builds small projects against the packed packages, as
// a newcomer would, and opens them. Prints a table. Needs `npm run build` and the demo models.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { main, ROOT, step, StepError } from '../scripts/steps.mjs';
import { openBrowser } from './support/pages.mjs';
import { installExample, packAll } from './support/projects.mjs';
import { report } from './support/report.mjs';
import { SET_UPS } from './support/setups.mjs';
import { waysOf } from './support/ways.mjs';

/** @typedef {import('./support/report.mjs').Row} Row */

await main(async () => {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      ways: { type: 'string', default: 'dev,build,run' },
      registry: { type: 'string' },
      'keep-packed': { type: 'boolean', default: false },
    },
  });
  const wanted = values.only?.split(',') ?? Object.keys(SET_UPS);
  const tries = values.ways.split(',');
  const registry = values.registry ?? findRegistry();
  const tarballs = await step('Packing', () => packAll(values['keep-packed']));
  const browser = await openBrowser();
  /** @type {Row[]} */
  const rows = [];
  try {
    for (const name of wanted) {
      const setUp = SET_UPS[name];
      if (!setUp) throw new StepError(`There is no example "${name}".`);
      const folder = await step(`Installing ${name}`, () =>
        installExample(setUp.folder ?? name, tarballs),
      );
      for (const [way, attempt] of waysOf(setUp).filter(([way]) => tries.includes(way)))
        rows.push(await tried(name, way, () => attempt({ folder, setUp, browser, registry })));
    }
  } finally {
    await browser.close();
  }
  report(rows);
});

function findRegistry() {
  const folders = ['registry', 'test-registry'].map((name) => join(ROOT, '.perigee', name));
  const found = folders.find((folder) => existsSync(folder));
  if (found) return found;
  throw new StepError('There is no registry. Run "node models/publish.mjs" first.');
}

/**
 * @param {string} name
 * @param {string} way
 * @param {() => Promise<import('./support/ways.mjs').Outcome>} attempt
 * @returns {Promise<Row>}
 */
async function tried(name, way, attempt) {
  const start = performance.now();
  try {
    const { marks, note } = await attempt();
    const seconds = ((performance.now() - start) / 1_000).toFixed(0);
    const row = { name, way, marks, note: `${seconds} s${note && `; ${note}`}` };
    console.log(`  ${name} ${way}: ${JSON.stringify(marks)} ${row.note}`);
    return row;
  } catch (error) {
    console.log(`  ${name} ${way}: ${error}`);
    return { name, way, marks: { page: String(error).split('\n')[0] ?? '' }, note: '' };
  }
}
