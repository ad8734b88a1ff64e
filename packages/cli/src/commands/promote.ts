import type { RegisterCommand } from '../command.ts';
import { promote } from '../publish/publish.ts';
import { describePublish } from './publish.ts';
import { channelName, folderPath, releaseName } from './shared.ts';
import type { ReleaseName } from './shared.ts';

export const registerPromote: RegisterCommand = (program, io) => {
  program
    .command('promote')
    .description('point a channel to a published version, newer or older')
    .argument('<release>', 'name@version', releaseName)
    .requiredOption('--to <folder>', 'the registry', folderPath)
    .option('--channel <name>', 'the channel', channelName, 'stable')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', `
Examples:
  perigee promote digits@1.3.0 --to ./registry
  perigee promote digits@1.2.0 --to ./registry --channel stable    back to an older version`)
    .action(async ({ name, version }: ReleaseName, { to, channel, json }: { to: string; channel: string; json?: boolean }) => {
      const result = await promote(to, name, version, channel);
      io.out(json ? JSON.stringify({ name, version, ...result }) : describePublish(`${name}@${version}`, to, result));
    });
};
