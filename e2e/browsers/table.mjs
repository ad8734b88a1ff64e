// docs/browsers.md, written from the cells of a run.
import { JOURNEYS } from './journeys.mjs';

/** @typedef {import('./types.d.ts').Column} Column */
/** @typedef {import('./types.d.ts').Scenario} Scenario */

const HEAD = `# Browsers

This page says what Perigee does in each engine. \`npm run browsers -- --table\` writes it. That
command runs every row in a real browser, with a page that is cross-origin isolated and one that is
not. A cell is what the SDK reported, after the answer was checked. Cells with "–" were not run:
most because the setting of their column does not concern them. \`npm test\` runs the journeys in
Chromium and a slice of these rows in Firefox and WebKitGTK.

The machine has no GPU. Firefox and WebKitGTK have no WebGL in a worker without one. WebGPU runs on
SwiftShader in Chromium and on Mesa in Firefox. Both compute on the CPU: they show that the numbers
are right, and say nothing about speed. WebKitGTK is not Safari: it has no
\`navigator.storage\` and no WebGPU, which Safari has.

Counts of telemetry are written to the device a second after they were made. While more follow, they
are written less often, down to once a minute. In every engine, those since the last write may be
lost when a page is closed.
`;

/** Browsers that need a system of their own. */
const NOT_HERE = [
  'Safari on macOS',
  'Safari on iOS and iPadOS',
  'Chrome on macOS',
  'Firefox on macOS',
  'Chrome on Windows',
  'Edge on Windows',
  'Firefox on Windows',
  'Chrome on Android',
  'Firefox on Android',
];

/**
 * @param {readonly Scenario[]} scenarios
 * @param {readonly Column[]} columns
 */
export function tableOf(scenarios, columns) {
  const names = [...new Set(columns.map(({ name }) => name))];
  const versions = names.map((engine) => {
    const { version, day } = columns.find(({ name }) => name === engine) ?? {};
    return [engine, version, day];
  });
  const parts = [
    HEAD,
    table(['engine', 'version', 'run on'], versions),
    '## What falls back where\n',
    fallbacks(columns),
    ...names.flatMap((name) => [
      `## ${name}\n`,
      facts(
        scenarios,
        columns.filter((column) => column.name === name),
      ),
    ]),
    '## Not run here\n',
    table(
      ['browser', ''],
      NOT_HERE.map((name) => [name, 'not run here']),
    ),
    '## Journeys\n',
    'Journeys (`e2e/journeys/`) run in Chromium. These rows repeat them in the other engines.\n',
    table(['journey', 'rows'], Object.entries(JOURNEYS).map(journeyRow)),
  ];
  return `${parts.join('\n').trimEnd()}\n`;
}

/** @param {Column} column */
const titleOf = ({ settings, isIsolated }) =>
  [settings, isIsolated ? 'isolated' : 'not isolated'].filter(Boolean).join(', ');

/**
 * @param {readonly Scenario[]} scenarios
 * @param {readonly Column[]} columns of one engine
 */
function facts(scenarios, columns) {
  let group = '';
  const rows = scenarios.flatMap((scenario) => {
    const cells = columns.map(
      ({ cells }) => cells.find(({ title }) => title === scenario.title) ?? null,
    );
    const row = [
      scenario.title,
      ...cells.map((cell) => (cell?.hasPassed === false ? `**fails**: ${cell.says}` : cell?.says)),
    ];
    if (scenario.group === group) return [row];
    group = scenario.group;
    return [[`**${group}**`, ...columns.map(() => '')], row];
  });
  return table(['', ...columns.map(titleOf)], rows);
}

/** @param {readonly Column[]} columns */
function fallbacks(columns) {
  const names = [...new Set(columns.map(({ name }) => name))];
  const sentences = new Set(columns.flatMap(({ cells }) => cells.flatMap(sentenceOf)));
  const rows = [...sentences].map((sentence) => [
    sentence,
    names
      .flatMap((name) =>
        whereIn(
          columns.filter((column) => column.name === name),
          sentence,
        ),
      )
      .join('; '),
  ]);
  return table(['what', 'where'], rows);
}

/** @param {import('./types.d.ts').Cell} cell */
const sentenceOf = ({ fallsBack }) => fallsBack ?? [];

/**
 * The columns of one engine in which something falls back, in few words.
 * @param {readonly Column[]} columns
 * @param {string} sentence
 * @returns {readonly string[]}
 */
function whereIn(columns, sentence) {
  const falling = columns.filter(({ cells }) => cells.flatMap(sentenceOf).includes(sentence));
  const [first] = falling;
  if (!first) return [];
  const rows = first.cells.filter(({ fallsBack }) => fallsBack === sentence);
  const isRun = (/** @type {Column} */ { cells }) =>
    cells.some(({ title }) => rows.some((row) => row.title === title));
  const run = columns.filter(isRun);
  if (falling.length === run.length) return [first.name];
  const plain = run.filter(({ isIsolated }) => !isIsolated);
  if (String(falling.map(titleOf)) === String(plain.map(titleOf)))
    return [`${first.name}, not isolated`];
  return falling.map((column) => `${column.name}, ${titleOf(column)}`);
}

/** @param {[string, import('./journeys.mjs').Coverage]} journey */
function journeyRow([name, coverage]) {
  return [
    `\`${name}.spec.ts\``,
    'rows' in coverage ? coverage.rows.join('; ') : `none: ${coverage.why}`,
  ];
}

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly (string | undefined)[])[]} rows
 */
function table(head, rows) {
  const line = (/** @type {readonly (string | undefined)[]} */ cells) =>
    `| ${cells.map((cell) => (cell ?? '–').replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}
