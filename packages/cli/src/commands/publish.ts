import type { RegisterCommand } from '../command.ts';
import { humanBytes } from '../print/bytes.ts';
import { passGate } from '../publish/gate.ts';
import { channelsText } from '../print/channels.ts';
import { publish } from '../publish/publish.ts';
import type { PublishResult } from '../publish/publish.ts';
import { readRelease } from '../publish/release-folder.ts';
import { publisherOf, withSigning } from './signing.ts';
import type { SigningOptions } from './signing.ts';
import { channelName, DEFAULT_RELEASES, releaseName } from './shared.ts';
import type { ReleaseName } from './shared.ts';

interface Options extends SigningOptions {
  readonly from: string;
  /** False with --no-channel. */
  readonly channel: string | false;
  readonly incomplete?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export const registerPublish: RegisterCommand = (program, io) => {
  withSigning(
    program
      .command('publish')
      .description('add a packed release to a registry and sign for it')
      .argument('<release>', 'name@version', releaseName),
  )
    .option('--from <folder>', 'where packed releases are', DEFAULT_RELEASES)
    .option('--channel <name>', 'channel to point to it', channelName, 'stable')
    .option('--no-channel', 'publish without moving a channel')
    .option(
      '--incomplete <reason>',
      'let it pass to "stable" without card, metrics, licence, owner or intended use',
    )
    .option('--force', 'also a version that the channel left before')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Examples:
  perigee publish digits@1.2.0 --to ./registry
  perigee publish digits@1.3.0 --to ./registry --channel canary
  perigee publish digits@1.3.0 --to s3://models/prod --channel canary
  perigee publish digits@1.3.0 --to ./registry --no-channel`,
    )
    .action(async ({ name, version }: ReleaseName, options: Options) => {
      const { to, from, channel, json } = options;
      const release = await readRelease(from, name, version);
      if (channel !== false) passGate(release.manifest, channel, options.incomplete);
      const result = await publish(
        release,
        await publisherOf(options),
        channel === false ? null : channel,
        (step) => io.err(`… ${step}`),
        {
          note: options.incomplete && `incomplete: ${options.incomplete}`,
          force: options.force ?? false,
        },
      );
      io.out(
        json
          ? JSON.stringify({ name, version, ...result })
          : describePublish(`${name}@${version}`, to, result),
      );
    });
};

export function describePublish(
  release: string,
  to: string,
  { changed, channels, objectsWritten, deltas, metadataVersion }: PublishResult,
): string {
  const pointers = channelsText(channels) || 'no channel';
  const saving =
    deltas.savedBytes > 0 ? `, which spare an update ${humanBytes(deltas.savedBytes)}` : '';
  const deltasText =
    deltas.count > 0 ? `, ${deltas.count} deltas of ${humanBytes(deltas.bytes)}${saving}` : '';
  return changed
    ? `${release} is in ${to} (metadata ${metadataVersion}, ${objectsWritten} new ` +
        `objects${deltasText}; ${pointers}).`
    : `${release} is in ${to} already; nothing to change (${pointers}).`;
}
