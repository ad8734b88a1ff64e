// docs/browsers.md has a row for every scenario of each engine, and one for every journey.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JOURNEYS } from '../e2e/browsers/journeys.mjs';
import { SCENARIOS } from '../e2e/browsers/scenarios/index.mjs';
import { main, ROOT, StepError } from './steps.mjs';

await main(() => {
  const page = readFileSync(join(ROOT, 'docs', 'browsers.md'), 'utf8');
  const titles = SCENARIOS.map(({ title }) => title);
  const faults = [...faultsOfEngines(page, titles), ...faultsOfJourneys(page, titles)];
  if (faults.length > 0)
    throw new StepError(`${faults.join('\n')}\nRun "npm run browsers -- --table".`);
  console.log(`docs/browsers.md has all ${titles.length} rows.`);
});

/**
 * @param {string} page
 * @param {readonly string[]} titles
 */
function faultsOfEngines(page, titles) {
  return page
    .split(/^## /m)
    .filter((part) => part.includes('| **Backends** |'))
    .flatMap((part) => {
      const rows = [...part.matchAll(/^\| (?!\*\*|---)(\S.*?) \| /gm)].map(([, title]) => title);
      const [name] = part.split('\n');
      return String(rows) === String(titles) ? [] : [`The rows of ${name} are not the scenarios.`];
    });
}

/**
 * @param {string} page
 * @param {readonly string[]} titles
 */
function faultsOfJourneys(page, titles) {
  const files = readdirSync(join(ROOT, 'e2e', 'journeys')).map((file) =>
    file.replace('.spec.ts', ''),
  );
  const named = Object.values(JOURNEYS).flatMap((coverage) =>
    'rows' in coverage ? coverage.rows : [],
  );
  return [
    ...files.filter((file) => !JOURNEYS[file]).map((file) => `journeys.mjs lacks ${file}.`),
    ...files
      .filter((file) => !page.includes(`| \`${file}.spec.ts\` |`))
      .map((file) => `docs/browsers.md lacks the journey ${file}.`),
    ...named
      .filter((title) => !titles.includes(title))
      .map((title) => `journeys.mjs names "${title}", which is no scenario.`),
  ];
}
