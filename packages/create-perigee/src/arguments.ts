import { parseArgs } from 'node:util';
import { CreateError } from './create-error.ts';
import { TEMPLATES } from './templates.ts';
import type { Template } from './templates.ts';

/** Arguments of the command line. A prompt asks for each one that is missing. */
export interface Arguments {
  readonly folder: string | undefined;
  readonly template: Template | undefined;
  /** A folder of packed packages, from which the app installs Perigee. */
  readonly from: string | undefined;
  readonly show: 'help' | 'version' | undefined;
}

const NAMES = TEMPLATES.map(({ name }) => name).join(', ');

export const HELP = `Usage: npm create perigee [folder] -- [options]

Starts an app that runs a model, in a new or empty folder. It overwrites no file.
Without a folder or a template, it asks for them in a terminal.

Options:
${TEMPLATES.map(({ name, title }) => `  --template ${name.padEnd(15)}${title}`).join('\n')}
  --from <folder>           Install Perigee from the packed packages (perigee-*.tgz) in this folder
                            instead of the npm registry, for example without network. Make them
                            with npm pack.
  --help                    Show this text.
  --version                 Show the version.

Examples:
  npm create perigee
  npm create perigee my-app -- --template react
  npm create perigee my-app -- --template node --from ./tarballs`;

/** @throws CreateError for an unknown option or template */
export function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parse(args);
  if (positionals.length > 1)
    throw new CreateError(
      `There is more than one folder: ${positionals.join(', ')}. Put a name with spaces in quotes.`,
      2,
    );
  const show = values.help ? 'help' : values.version ? 'version' : undefined;
  return {
    folder: positionals[0],
    template: templateNamed(values.template),
    from: values.from,
    show,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        template: { type: 'string', short: 't' },
        from: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new CreateError(`${message}\nnpm create perigee -- --help lists the options.`, 2);
  }
}

function templateNamed(wanted: string | undefined): Template | undefined {
  if (wanted === undefined) return undefined;
  const template = TEMPLATES.find(({ name }) => name === wanted);
  if (!template)
    throw new CreateError(`There is no template "${wanted}". The templates are: ${NAMES}.`, 2);
  return template;
}
