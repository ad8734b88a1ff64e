import { channelName, releaseName } from '../arguments/names.ts';
import type { ReleaseName } from '../arguments/names.ts';
import { DEFAULT_RELEASES } from '../arguments/places.ts';
import { publisherOf, withSigning } from '../arguments/signing.ts';
import type { SigningOptions } from '../arguments/signing.ts';
import type { RegisterCommand } from '../command.ts';
import { publishText } from '../print/publish-result.ts';
import { passGate } from '../publish/gate.ts';
import { publish } from '../publish/publish.ts';
import { readRelease } from '../publish/release-folder.ts';

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
      .description('add a packed release to a registry, and sign it')
      .argument('<release>', 'name@version', releaseName),
  )
    .option('--from <folder>', 'folder of packed releases', DEFAULT_RELEASES)
    .option('--channel <name>', 'channel to point to the version', channelName, 'stable')
    .option('--no-channel', 'publish without moving a channel')
    .option(
      '--incomplete <reason>',
      'allow "stable" without card, metrics, licence, owner or intended use',
    )
    .option('--force', 'allow a version that the channel left before')
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
      const { to, from, incomplete, force = false, json } = options;
      const channel = options.channel === false ? null : options.channel;
      const release = await readRelease(from, name, version);
      if (channel !== null) passGate(release.manifest, channel, incomplete);
      const result = await publish(
        release,
        await publisherOf(options),
        channel,
        (step) => io.err(`… ${step}`),
        { note: incomplete && `incomplete: ${incomplete}`, force },
      );
      io.out(
        json
          ? JSON.stringify({ name, version, ...result })
          : publishText(`${name}@${version}`, to, result),
      );
    });
};
