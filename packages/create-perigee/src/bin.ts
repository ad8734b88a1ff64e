import { relative } from 'node:path';
import { HELP, readArguments } from './arguments.ts';
import { ask } from './ask.ts';
import { checkFolder } from './check-folder.ts';
import { CreateError } from './create-error.ts';
import { fromTarballs } from './tarballs.ts';
import type { Template } from './templates.ts';
import { ownVersion, writeApp } from './write-app.ts';

async function main(): Promise<void> {
  const given = readArguments(process.argv.slice(2));
  if (given.show === 'help') return console.log(HELP);
  if (given.show === 'version') return console.log(await ownVersion());
  // Arguments are checked before the first prompt.
  const tarballs = given.from === undefined ? undefined : fromTarballs(given.from);
  if (given.folder !== undefined) checkFolder(given.folder);

  const { folder, template } = await ask(given);
  const { path, name } = checkFolder(folder);
  await writeApp({ path, name, template, tarballs });
  console.log(nextCommands(path, template));
}

function nextCommands(path: string, { script }: Template): string {
  const folder = relative(process.cwd(), path);
  const shown = folder.includes(' ') ? `"${folder}"` : folder;
  // npm, pnpm, yarn and bun say who they are.
  const manager = process.env['npm_config_user_agent']?.split('/')[0] || 'npm';
  const commands = [
    ...(folder === '' ? [] : [`cd ${shown}`]),
    `${manager} install`,
    `${manager} run ${script}`,
  ];
  return `\nThe app is in ${path}. Next:\n\n${commands.map((line) => `  ${line}\n`).join('')}`;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof CreateError)) throw error;
  console.error(`✗ ${error.message}`);
  process.exitCode = error.exitCode;
}
