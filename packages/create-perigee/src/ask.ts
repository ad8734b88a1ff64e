import { cancel, isCancel, select, text } from '@clack/prompts';
import type { Arguments } from './arguments.ts';
import { checkFolder } from './check-folder.ts';
import { CreateError } from './create-error.ts';
import { TEMPLATES } from './templates.ts';
import type { Template } from './templates.ts';

export interface Choice {
  readonly folder: string;
  readonly template: Template;
}

const DEFAULT_FOLDER = 'perigee-app';

/**
 * Asks for what the command line does not say.
 * @throws CreateError where there is no terminal, or if the person ends it
 */
export async function ask({ folder, template }: Arguments): Promise<Choice> {
  if (folder !== undefined && template !== undefined) return { folder, template };
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    throw new CreateError(
      `Name ${folder === undefined ? 'a folder and a template' : 'a template'}, because there is ` +
        'no terminal to ask in: npm create perigee my-app -- --template react',
      2,
    );
  return { folder: folder ?? (await askFolder()), template: template ?? (await askTemplate()) };
}

async function askFolder(): Promise<string> {
  const answer = await text({
    message: 'Folder of the app',
    placeholder: DEFAULT_FOLDER,
    defaultValue: DEFAULT_FOLDER,
    validate: (value) => faultOf(value || DEFAULT_FOLDER),
  });
  return isCancel(answer) ? stop() : answer;
}

async function askTemplate(): Promise<Template> {
  const options = TEMPLATES.map((template) => ({
    value: template,
    label: template.title,
    hint: template.name,
  }));
  const answer = await select({ message: 'Kind of app', options });
  return isCancel(answer) ? stop() : answer;
}

function faultOf(folder: string): string | undefined {
  try {
    checkFolder(folder);
    return undefined;
  } catch (error) {
    if (error instanceof CreateError) return error.message;
    throw error;
  }
}

function stop(): never {
  cancel('Nothing was written.');
  process.exit(1);
}
