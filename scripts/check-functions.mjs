// A function has at most 80 lines of code, unless long-functions.json lists it with a reason.
// A line of code has a word outside of comments; see lines-of-code.mjs.
// `--update` writes lower numbers into the list, and deletes functions that are short now.
// `--update --all` also takes in longer and new ones, as after a change of the formatter. Tests are
// left out, because the function of a describe() is a list of tests.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { linesOfCode } from './lines-of-code.mjs';
import { main, node, ROOT, StepError, tool } from './steps.mjs';

const MAX_LINES = 80;
const LIST = join(ROOT, 'scripts', 'long-functions.json');
const FOLDERS = [
  'packages',
  'demo',
  'ui',
  'e2e',
  'bench',
  'campaigns',
  'models',
  'scripts',
  'deploy',
];
const TESTS = /\.(test|spec|contract)\.tsx?$/;
const [UPDATE, ALL] = ['--update', '--all'].map((option) => process.argv.includes(option));
const TODO = 'TODO: cut into functions that take the state as an argument.';
const TODO_OF_JSX = 'TODO: cut into components.';

/**
 * `why` is the reason for the length.
 * @typedef {{ name: string, lines: number, why?: string }} LongFunction
 */

/**
 * A finding of oxlint.
 * @typedef {object} Diagnostic
 * @property {string} filename
 * @property {string} message
 * @property {[{ span: { offset: number, length: number } }]} labels
 */

await main(async () => {
  /** @type {LongFunction[]} */
  const listed = JSON.parse(readFileSync(LIST, 'utf8'));
  const found = await longFunctions();
  const grown = found.filter(({ name, lines }) => lines > lengthOf(listed, name));
  const shrunk = listed.filter(({ name, lines }) => lines > lengthOf(found, name));
  if (UPDATE && (ALL || grown.length === 0)) return update(listed, found);
  const faults = [
    ...grown.map(({ name, lines }) => `${name} has ${lines} lines; cut it into functions.`),
    ...shrunk.map(({ name }) => `${name} is shorter now: npm run check:functions -- --update`),
  ];
  if (faults.length > 0) throw new StepError(faults.join('\n'));
  console.log(`${found.length} functions of more than ${MAX_LINES} lines, all listed`);
});

/**
 * `name` is the file and the function, without the line, because lines move. oxlint finds functions
 * that may be too long. It also counts lines that have only brackets, so lines are counted again.
 * @returns {Promise<LongFunction[]>}
 */
async function longFunctions() {
  const options = ['-c', 'scripts/functions.oxlintrc.json', '--format', 'json', ...FOLDERS];
  const { output } = await node(tool('oxlint'), options, { allowFailure: true });
  /** @type {{ diagnostics: Diagnostic[] }} */
  const { diagnostics } = JSON.parse(output);
  return diagnostics
    .filter(({ filename }) => !TESTS.test(filename))
    .map(({ filename, message, labels: [{ span }] }) => {
      const [, name] = /`(.+?)`/.exec(message) ?? [undefined, 'a function without a name'];
      return {
        name: `${filename.replaceAll('\\', '/')}: ${name}`,
        lines: linesOfCode(textAt(filename, span)),
      };
    })
    .filter(({ lines }) => lines > MAX_LINES)
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
}

/**
 * oxlint counts bytes, not characters.
 * @param {string} file
 * @param {{ offset: number, length: number }} span
 */
function textAt(file, { offset, length }) {
  return readFileSync(join(ROOT, file))
    .subarray(offset, offset + length)
    .toString('utf8');
}

/**
 * Zero if the function is not in the list.
 * @param {readonly LongFunction[]} functions
 * @param {string} name
 */
function lengthOf(functions, name) {
  return functions.find((item) => item.name === name)?.lines ?? 0;
}

/** @param {string} name */
function todoOf(name) {
  return name.includes('.tsx: ') ? TODO_OF_JSX : TODO;
}

/**
 * @param {readonly LongFunction[]} listed
 * @param {readonly LongFunction[]} found
 */
function update(listed, found) {
  const entries = found.map(({ name, lines }) => {
    const why = listed.find((item) => item.name === name)?.why ?? todoOf(name);
    return { name, lines, why };
  });
  writeFileSync(LIST, `${JSON.stringify(entries, null, 2)}\n`);
  console.log(`${entries.length} functions listed`);
}
