import type { RegisterCommand } from '../command.ts';
import { publish } from '../publish/publish.ts';
import type { PublishResult } from '../publish/publish.ts';
import { readRelease } from '../publish/release-folder.ts';
import { DEFAULT_RELEASES, parseRelease } from './shared.ts';

interface Options {
  readonly to: string;
  readonly from: string;
  /** False for --no-channel. */
  readonly channel: string | false;
  readonly json?: boolean;
}

export const registerPublish: RegisterCommand = (program, io) => {
  program
    .command('publish')
    .description('add a packed release to a registry folder, which any static host can serve')
    .argument('<release>', 'name@version')
    .requiredOption('--to <folder>', 'the registry')
    .option('--from <folder>', 'where packed releases are', DEFAULT_RELEASES)
    .option('--channel <name>', 'channel to point to it', 'stable')
    .option('--no-channel', 'publish without moving a channel')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', `
Examples:
  perigee publish digits@1.2.0 --to ./registry
  perigee publish digits@1.3.0 --to ./registry --channel canary`)
    .action(async (text: string, { to, from, channel, json }: Options) => {
      const { name, version } = parseRelease(text);
      const result = await publish(await readRelease(from, name, version), to, channel === false ? null : channel);
      io.out(json ? JSON.stringify(result) : describePublish(text, to, result));
    });
};

export function describePublish(text: string, to: string, { changed, channels, objectsWritten, metadataVersion }: PublishResult): string {
  const pointers = Object.entries(channels).map(([channel, { version }]) => `${channel} → ${version}`).join(', ') || 'no channel';
  return changed ? `${text} is in ${to} (metadata ${metadataVersion}, ${objectsWritten} new objects; ${pointers}).` : `${text} is in ${to} already; nothing to change (${pointers}).`;
}
