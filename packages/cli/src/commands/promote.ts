import type { RegisterCommand } from '../command.ts';
import { promote } from '../publish/publish.ts';
import { describePublish } from './publish.ts';
import { parseRelease } from './shared.ts';

export const registerPromote: RegisterCommand = (program, io) => {
  program
    .command('promote')
    .description('point a channel to a published version')
    .argument('<release>', 'name@version')
    .requiredOption('--to <folder>', 'the registry')
    .option('--channel <name>', 'the channel', 'stable')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', `
Example:
  perigee promote digits@1.3.0 --to ./registry --channel stable`)
    .action(async (text: string, { to, channel, json }: { to: string; channel: string; json?: boolean }) => {
      const { name, version } = parseRelease(text);
      const result = await promote(to, name, version, channel);
      io.out(json ? JSON.stringify(result) : describePublish(text, to, result));
    });
};
