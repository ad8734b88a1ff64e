import type { RegisterCommand } from '../command.ts';
import { channelName, releaseName } from '../arguments/names.ts';
import type { ReleaseName } from '../arguments/names.ts';
import { publisherOf, withSigning } from '../arguments/signing.ts';
import type { SigningOptions } from '../arguments/signing.ts';
import { percentage } from '../arguments/values.ts';
import { changeChannels } from '../publish/channels.ts';
import type { ChannelEdit } from '../publish/channels.ts';
import { passGate } from '../publish/gate.ts';
import { readPublished } from '../publish/published-manifest.ts';
import { haltRollout, rollOut } from '../publish/rollout.ts';

interface Options extends SigningOptions {
  readonly channel: string;
  readonly percent: number;
  readonly startAt?: string;
  readonly salt?: string;
  readonly note?: string;
  readonly incomplete?: string;
  readonly force?: boolean;
}

export const registerRollout: RegisterCommand = (program, io) => {
  withSigning(
    program
      .command('rollout')
      .description('give a published version to a share of the devices of a channel')
      .argument('<release>', 'name@version', releaseName),
  )
    .requiredOption(
      '--percent <p>',
      'percent of the devices, 0 to 100; a higher number only adds devices, 0 halts the rollout',
      percentage,
    )
    .option('--channel <name>', 'channel of the devices', channelName, 'stable')
    .option('--start-at <time>', 'time when the rollout starts, ISO 8601 (default: now)')
    .option('--salt <text>', 'draws the devices; another salt draws others (default: name:version)')
    .option('--note <text>', 'reason, for the log')
    .option(
      '--incomplete <reason>',
      'allow "stable" without card, metrics, licence, owner or intended use',
    )
    .option('--force', 'allow a version that the channel left before, and a smaller share')
    .addHelpText(
      'after',
      `
Examples:
  perigee rollout digits@1.3.0 --percent 5 --to ./registry
  perigee rollout digits@1.3.0 --percent 50 --to ./registry
  perigee promote digits@1.3.0 --to ./registry              give it to all devices, end the rollout
  perigee rollout digits@1.3.0 --percent 0 --to ./registry  halt it: devices that have it go back`,
    )
    .action(async ({ name, version }: ReleaseName, options: Options) => {
      const { to, percent, channel, note, incomplete } = options;
      if (percent > 0) passGate(await readPublished(to, name, version), channel, incomplete);
      const edit: ChannelEdit = (before, _versions, registry) =>
        percent === 0
          ? haltRollout(before, channel, version)
          : rollOut(registry, before, { ...options, version });
      const publisher = await publisherOf(options);
      const { metadataVersion, changed } = await changeChannels(publisher, name, edit, note);
      const now = changed ? `(metadata ${metadataVersion})` : 'already; nothing was changed';
      if (percent > 0) io.out(`${name}@${version} goes to ${percent} % of ${channel} ${now}.`);
      else if (changed) io.out(`The rollout of ${name}@${version} on ${channel} is halted ${now}.`);
      else io.out(`${channel} has no rollout of ${name}@${version}; nothing was changed.`);
    });
};
