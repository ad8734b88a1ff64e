import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { SECTIONS } from '../runtime/sections/index.mjs';
import { isSpoiled } from './controls.mjs';
import { markdown, percent } from './format.mjs';
import { goalsTable } from './goals.mjs';
import { barChart } from './plot.mjs';

/** @typedef {import('./types.d.ts').Results} Results */

const BY_HAND = '<!-- Below this line: written by people, kept when the rest is written anew. -->';
const MONITOR = '<!-- Written by the bench of the monitor. -->';

/** @param {Results} results */
export function toMarkdown({ machine, code, sections }) {
  const figures = Object.fromEntries(
    Object.entries(sections).map(([name, { figures: of }]) => [name, of]),
  );
  const known = SECTIONS.filter(({ name }) => sections[name]);
  const dates = new Set(Object.values(sections).map(({ date }) => date.slice(0, 10)));
  const parts = known.map(({ name, title, note, table, plot }) => {
    const { leftOut, date } = sections[name];
    return [
      `## ${title}`,
      [
        ...(dates.size > 1 ? [`Measured on ${date.slice(0, 10)}.`] : []),
        ...conditionsOf(sections[name], code),
        note,
      ].join(' '),
      ...(plot ? [`![${plot(figures[name]).title}](plots/${plot(figures[name]).file})`] : []),
      markdown(table(figures[name])),
      ...(leftOut.length > 0 ? [`Left out: ${leftOut.join('; ')}.`] : []),
    ].join('\n\n');
  });
  return [
    '# Bench results',
    'Written by `npm run bench -- --write`; ratios carry over to other machines, ' +
      'milliseconds do not.',
    `Machine: ${machine}.`,
    '## Against the goals',
    '✗ marks the figures that miss their goal.',
    markdown(goalsTable(figures)),
    ...parts,
  ].join('\n\n');
}

/**
 * Sentences about the code and the machine of a measurement.
 * @param {import('./types.d.ts').Measured} measured
 * @param {string | undefined} code of the last run
 */
function conditionsOf({ code: own, spread }, code) {
  return [
    ...(own === code ? [] : ['Measured with an earlier state of the code.']),
    ...(isSpoiled(spread) ? ['**Spoiled by other programs.**'] : []),
    ...(spread
      ? [`The raw side spread by ${percent(spread.share)} (${spread.label}, middle half).`]
      : []),
  ];
}

/** @param {string} chromiumVersion */
export function describeMachine(chromiumVersion) {
  const [cpu] = cpus();
  return (
    `${cpus().length} × ${cpu.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, no GPU used; ` +
    `Node ${process.versions.node}, Chromium ${chromiumVersion} headless`
  );
}

/**
 * Writes RESULTS.md and its plots. The text that people wrote below the line stays.
 * @param {string} folder
 * @param {Results} results
 */
export function writeReport(folder, results) {
  const file = join(folder, 'RESULTS.md');
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const { monitor, byHand } = partsOf(before);
  writeFileSync(file, [toMarkdown(results), ...(monitor ? [monitor] : []), byHand].join('\n\n'));
  writePlots(join(folder, 'plots'), results);
}

/**
 * Writes the results of the bench of the monitor into their part of RESULTS.md.
 * @param {string} folder
 * @param {string} text
 */
export function writeMonitor(folder, text) {
  const file = join(folder, 'RESULTS.md');
  const { main, byHand } = partsOf(existsSync(file) ? readFileSync(file, 'utf8') : '');
  writeFileSync(file, [...(main ? [main] : []), `${MONITOR}\n\n${text}`, byHand].join('\n\n'));
}

/** @param {string} text */
function partsOf(text) {
  const handAt = text.includes(BY_HAND) ? text.indexOf(BY_HAND) : text.length;
  const monitorAt = text.includes(MONITOR) ? text.indexOf(MONITOR) : handAt;
  return {
    main: text.slice(0, monitorAt).trimEnd(),
    monitor: text.slice(monitorAt, handAt).trimEnd(),
    byHand: text.slice(handAt) || `${BY_HAND}\n`,
  };
}

/**
 * @param {string} folder
 * @param {Results} results
 */
export function writePlots(folder, { sections }) {
  mkdirSync(folder, { recursive: true });
  for (const { name, plot } of SECTIONS) {
    if (!plot || !sections[name]) continue;
    const chart = plot(sections[name].figures);
    writeFileSync(join(folder, chart.file), barChart(chart));
  }
}
