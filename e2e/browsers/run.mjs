// npm run browsers [-- --slice] [--built] [--only firefox] [--scenario 'tab|worker'] [--table]
// runs the scenarios in every engine that is installed, on pages with and without isolation.
// --slice takes the scenarios and engines of `npm test`. --built uses the pages and the registry
// that the journeys left. --only is a pattern for engines, --scenario one for titles of rows.
// --table writes docs/browsers.md; a scenario that does not run keeps the facts of its last run.
import { parseArgs } from 'node:util';
import { main, step, StepError } from '../../scripts/steps.mjs';
import { ENGINES } from './engines.mjs';
import { answersOfNode, prepare, serveElsewhere, serveLab } from './prepare.mjs';
import { SCENARIOS } from './scenarios/index.mjs';
import { keepColumn, writeTable } from './table-file.mjs';

/** @typedef {import('./types.d.ts').Cell} Cell */
/** @typedef {import('./types.d.ts').Column} Column */
/** @typedef {import('./types.d.ts').Engine} Engine */
/** @typedef {import('./types.d.ts').Host} Host */
/** @typedef {import('./types.d.ts').Place} Place */
/** @typedef {import('./types.d.ts').Scenario} Scenario */

await main(async () => {
  const { values } = parseArgs({
    options: {
      built: { type: 'boolean', default: false },
      slice: { type: 'boolean', default: false },
      table: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      scenario: { type: 'string', default: '' },
    },
  });
  if (values.table && values.slice)
    throw new StepError('The slice has too few pages for the table: --table goes without --slice.');
  if (!values.built) await prepare();
  const expected = await step('Asking Node for the right answers', answersOfNode);
  const otherHost = await serveElsewhere();
  const scenariosOf = (/** @type {Engine} */ { groups }) =>
    SCENARIOS.filter(({ title, group, isInSlice }) =>
      values.slice
        ? isInSlice
        : (groups?.includes(group) ?? true) && new RegExp(values.scenario, 'i').test(title),
    );
  /** @type {Column[]} */
  const columns = [];
  for (const { engine, isIsolated } of chosen(values)) {
    const host = await serveLab(isIsolated);
    const column = await columnOf(scenariosOf(engine), {
      engine,
      isIsolated,
      host,
      otherHost,
      expected,
    });
    if (column) columns.push(column);
    if (column && values.table) keepColumn(column);
    host.close();
  }
  otherHost.close();
  if (values.table) writeTable();
  sum(columns);
});

/**
 * The engines, each with and without isolation. The slice has isolated pages only.
 * @param {{ slice: boolean, only: string }} values
 */
function chosen({ slice, only }) {
  return ENGINES.flatMap((engine) =>
    (engine.isAlsoPlain ? [false, true] : [true]).map((isIsolated) => ({ engine, isIsolated })),
  ).filter((place) =>
    slice ? place.engine.isInSlice && place.isIsolated : new RegExp(only, 'i').test(titleOf(place)),
  );
}

/** @param {{ engine: Pick<Engine, 'name' | 'settings'>, isIsolated: boolean }} place */
function titleOf({ engine: { name, settings }, isIsolated }) {
  return [name, settings, isIsolated ? 'isolated' : 'not isolated'].filter(Boolean).join(', ');
}

/**
 * Runs scenarios in one engine. Resolves to null where it is not installed.
 * @param {readonly Scenario[]} scenarios
 * @param {Omit<Place, 'browser' | 'visit'>} given
 * @returns {Promise<Column | null>}
 */
async function columnOf(scenarios, given) {
  const { engine, isIsolated, host } = given;
  const browser = await engine.open();
  if (!browser) {
    console.log(`• ${titleOf(given)}: not installed, left out`);
    return null;
  }
  console.log(`• ${titleOf(given)}: ${browser.version}`);
  /** @type {Cell[]} */
  const cells = [];
  try {
    const visit = () => browser.goto(host.url);
    await visit();
    for (const scenario of scenarios.filter(({ isFor }) => isFor?.(given) ?? true))
      cells.push(await attempt(scenario, { ...given, browser, visit }));
  } finally {
    await browser.close();
  }
  const { name, settings } = engine;
  const day = new Date().toISOString().slice(0, 10);
  return { name, settings, isIsolated, version: browser.version, day, cells };
}

/**
 * @param {Scenario} scenario
 * @param {Place} place
 * @returns {Promise<Cell>}
 */
async function attempt({ title, run }, place) {
  const start = performance.now();
  const seconds = () => ((performance.now() - start) / 1000).toFixed(1);
  try {
    const fact = await run(place);
    console.log(`  ✓ ${title} (${seconds()} s): ${fact.says}`);
    return { title, hasPassed: true, ...fact };
  } catch (error) {
    const [says = ''] = String(error instanceof Error ? error.message : error).split('\n');
    console.log(`  ✗ ${title} (${seconds()} s): ${says}`);
    return { title, hasPassed: false, says };
  }
}

/** @param {readonly Column[]} columns */
function sum(columns) {
  const failed = columns.flatMap(({ name, settings, isIsolated, cells }) =>
    cells
      .filter(({ hasPassed }) => !hasPassed)
      .map(
        ({ title, says }) =>
          `${titleOf({ engine: { name, settings }, isIsolated })}: ${title}: ${says}`,
      ),
  );
  if (failed.length > 0) throw new StepError(failed.join('\n'));
  const cells = columns.flatMap((column) => column.cells);
  const absent = cells.filter(({ says }) => says === 'absent').length;
  console.log(`${cells.length - absent} passed, ${absent} absent`);
}
