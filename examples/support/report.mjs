// The table at the end.
import { StepError } from '../../scripts/steps.mjs';

/** @typedef {{ name: string, way: string, marks: Record<string, string>, note: string }} Row */

const COLUMNS = ['file', 'wasm', 'registry', 'offline', 'server', 'base', 'emits'];
/** Only some set-ups have these. */
const SOMETIMES = ['offline', 'server', 'base', 'emits'];

/** @param {readonly string[]} said */
export function notes(said) {
  return [...new Set(said)]
    .filter((text) => text !== '')
    .slice(0, 4)
    .join('; ')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 400);
}

/** @param {readonly Row[]} rows */
export function report(rows) {
  const head = ['set-up', 'way', ...COLUMNS, 'notes'];
  console.log(`\n| ${head.join(' | ')} |\n|${'---|'.repeat(head.length)}`);
  for (const row of rows) {
    const cells = COLUMNS.map((column) => cellOf(row, column));
    console.log(`| ${[row.name, row.way, ...cells, row.note].join(' | ')} |`);
  }
  const bad = rows.filter((row) => COLUMNS.some((column) => !/^(ok|–)/.test(cellOf(row, column))));
  if (bad.length > 0)
    throw new StepError(`Not right: ${bad.map(({ name, way }) => `${name} ${way}`).join(', ')}.`);
}

/**
 * @param {Row} row
 * @param {string} column
 */
function cellOf({ marks }, column) {
  return marks[column] ?? marks['page'] ?? (SOMETIMES.includes(column) ? '–' : 'no answer');
}
