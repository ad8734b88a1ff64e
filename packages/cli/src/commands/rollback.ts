import type { RegisterCommand } from '../command.ts';
import { channelName, modelName, semanticVersion } from '../arguments/names.ts';
import { publisherOf, withSigning } from '../arguments/signing.ts';
import type { SigningOptions } from '../arguments/signing.ts';
import { changeChannels } from '../publish/channels.ts';
import { rollBack } from '../publish/rollback.ts';

interface Options extends SigningOptions {
  readonly channel: string;
  readonly version?: string;
  readonly note?: string;
  readonly force?: boolean;
}

export const registerRollback: RegisterCommand = (program, io) => {
  withSigning(
    program
      .command('rollback')
      .description('return a channel to the version that it named before')
      .argument('<model>', 'name of the model', modelName),
  )
    .option('--channel <name>', 'channel to roll back', channelName, 'stable')
    .option(
      '--version <version>',
      'version to return to (default: the one that the channel named before)',
      semanticVersion,
    )
    .option('--note <text>', 'reason, for the log')
    .option('--force', 'with --version: allow a version that was rolled back')
    .addHelpText(
      'after',
      `
If a rollout is under way on the channel, only the rollout is taken back. Otherwise the channel
returns to the version before. A second rollback changes nothing.

Examples:
  perigee rollback digits --to ./registry
  perigee rollback digits --version 1.1.0 --note "wrong labels since 1.2.0" --to ./registry`,
    )
    .action(async (name: string, options: Options) => {
      const { channel, version, note, force = false } = options;
      const { metadataVersion, changed, file } = await changeChannels(
        await publisherOf(options),
        name,
        (before, _versions, registry) =>
          rollBack(registry, before, { channel, force, ...(version !== undefined && { version }) }),
        note,
      );
      const is = `${channel} of ${name} is back at ${file.channels[channel]?.version ?? ''}`;
      const further =
        version === undefined
          ? ` To go back further: perigee rollback ${name} --version <version>`
          : '';
      io.out(
        changed
          ? `${is} (metadata ${metadataVersion}). Devices follow with their next check; they ` +
              'still have their previous version.'
          : `${is} already; nothing was changed.${further}`,
      );
    });
};
