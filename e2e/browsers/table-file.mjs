// Keeps the columns of the table between runs, so that a run of one engine can write the table.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../scripts/steps.mjs';
import { ENGINES } from './engines.mjs';
import { SCENARIOS } from './scenarios/index.mjs';
import { tableOf } from './table.mjs';

/** @typedef {import('./types.d.ts').Column} Column */

const FOLDER = join(ROOT, '.perigee', 'browsers');

/** @param {Pick<Column, 'name' | 'settings' | 'isIsolated'>} column */
const keyOf = ({ name, settings, isIsolated }) =>
  `${[name, settings, isIsolated ? 'isolated' : 'plain'].join('-').replaceAll(/\W+/g, '-')}.json`;

/**
 * Keeps the cells of a run, and those of the last run that this one left out.
 * @param {Column} column
 */
export function keepColumn(column) {
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, keyOf(column));
  const before = existsSync(file) ? read(file).cells : [];
  const known = new Map([...before, ...column.cells].map((cell) => [cell.title, cell]));
  const cells = SCENARIOS.flatMap(({ title }) => known.get(title) ?? []);
  writeFileSync(file, JSON.stringify({ ...column, cells }, null, 2));
}

/**
 * @param {string} file
 * @returns {Column}
 */
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));

export function writeTable() {
  const kept = new Set(readdirSync(FOLDER));
  const columns = ENGINES.flatMap((engine) => [
    { ...engine, isIsolated: false },
    { ...engine, isIsolated: true },
  ])
    .map(keyOf)
    .filter((key) => kept.has(key))
    .map((key) => read(join(FOLDER, key)));
  writeFileSync(join(ROOT, 'docs', 'browsers.md'), tableOf(SCENARIOS, columns));
}
