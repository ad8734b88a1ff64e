// The reference of the command line, made of the program itself.
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { ROOT } from '../steps.mjs';

/**
 * The fields of a command of the package commander that the page reads.
 * @typedef {object} Command
 * @property {readonly Command[]} commands
 * @property {readonly { name(): string, description: string }[]} registeredArguments
 * @property {readonly Option[]} options
 * @property {() => string} name
 * @property {() => string} usage
 * @property {() => string} description
 * @property {(event: string, context: object) => boolean} emit
 *
 * @typedef {object} Option
 * @property {string} flags
 * @property {string} description
 * @property {boolean} hidden
 * @property {unknown} defaultValue
 * @property {string} [defaultValueDescription]
 */

const INTRO = `---
from: docs/reference/cli.md
editLink: false
outline: 2
---

# Command line

This page is made of the program. \`perigee <command> --help\` prints the same.
Results go to stdout, and progress goes to stderr. With \`--json\` a result is one JSON document.
The exit code is 0 when the work is done, 1 when it failed, and 2 when the command was called
wrongly. [The page of the package](../../packages/cli/README.md) explains the larger commands.
`;

/** @returns {Promise<string>} Markdown */
export async function cliReference() {
  const url = pathToFileURL(join(ROOT, 'packages/cli/dist/program.js')).href;
  /** @type {{ createProgram(io: unknown): Command }} */
  const { createProgram } = await import(url);
  const ignore = () => undefined;
  const program = createProgram({ out: ignore, err: ignore });
  return [INTRO, ...program.commands.flatMap((command) => sectionsOf(command, 'perigee'))].join(
    '\n',
  );
}

/**
 * @param {Command} command
 * @param {string} before the words before its name
 * @returns {string[]} a section for the command and one for each command below it
 */
function sectionsOf(command, before) {
  const name = `${before} ${command.name()}`;
  const below = command.commands.flatMap((each) => sectionsOf(each, name));
  return [sectionOf(command, name), ...below];
}

/**
 * @param {Command} command
 * @param {string} name
 */
function sectionOf(command, name) {
  const args = command.registeredArguments
    .filter(({ description }) => description)
    .map((each) => `| \`${each.name()}\` | ${cell(each.description)} | |`);
  const options = command.options
    .filter(({ hidden }) => !hidden)
    .map((each) => `| \`${each.flags}\` | ${cell(each.description)} | ${defaultOf(each)} |`);
  const rows = [...args, ...options];
  const table = rows.length > 0 ? ['| | | default |', '|---|---|---|', ...rows, ''] : [];
  return [
    `## ${name}`,
    '',
    sentence(command.description()),
    '',
    '```text',
    `${name} ${command.usage()}`,
    '```',
    '',
    ...table,
    ...examplesOf(command),
  ].join('\n');
}

/** @param {Option} option */
function defaultOf({ defaultValue, defaultValueDescription }) {
  if (defaultValueDescription) return cell(defaultValueDescription);
  const isNone = defaultValue === undefined || defaultValue === false;
  return isNone ? '' : `\`${JSON.stringify(defaultValue)}\``;
}

/**
 * The text that a command adds to its help: its examples.
 * @param {Command} command
 */
function examplesOf(command) {
  /** @type {string[]} */
  const after = [];
  const context = {
    error: false,
    command,
    write: (/** @type {string} */ text) => after.push(text),
  };
  command.emit('afterHelp', context);
  const text = after.join('').trim();
  return text ? ['```text', text, '```', ''] : [];
}

/** @param {string} text */
function sentence(text) {
  return cell(`${text.charAt(0).toUpperCase()}${text.slice(1)}.`);
}

/** @param {string} text */
function cell(text) {
  return text
    .replaceAll('|', String.raw`\|`)
    .replaceAll('<', '&lt;')
    .replaceAll('\n', ' ');
}
