import { BUCKETS } from '@perigee/registry';
import type { ChannelFile } from '@perigee/registry';
import { CommandError } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { changeChannels } from '../publish/channels.ts';
import { passGate } from '../publish/gate.ts';
import { readPublished } from '../publish/published-manifest.ts';
import { channelHistory } from '../publish/history.ts';
import { openDestination } from '../publish/destination.ts';
import { openRegistry } from '../publish/registry.ts';
import { publisherOf, withSigning } from './signing.ts';
import type { SigningOptions } from './signing.ts';
import { channelName, modelName, percentage, releaseName, semanticVersion } from './shared.ts';
import type { ReleaseName } from './shared.ts';

interface ChannelOptions extends SigningOptions {
  readonly channel: string;
  readonly note?: string;
}

/** Which devices get which version. All of it is one signed file per model; going back is a new, higher version of it. */
export const registerRollout: RegisterCommand = (program, io) => {
  withSigning(program.command('rollout').description('give a published version to a share of the devices of a channel').argument('<release>', 'name@version', releaseName))
    .requiredOption('--percent <p>', 'of the devices, 0 to 100; raising it adds devices and takes none away, 0 halts', percentage)
    .option('--channel <name>', 'the channel', channelName, 'stable')
    .option('--start-at <time>', 'not before this time, ISO 8601')
    .option('--salt <text>', 'another salt draws other devices (default: name:version)')
    .option('--note <text>', 'why, for the log')
    .option('--incomplete <reason>', 'let it pass to "stable" without card, metrics, licence, owner or intended use')
    .addHelpText('after', `
Examples:
  perigee rollout digits@1.3.0 --percent 5 --to ./registry
  perigee rollout digits@1.3.0 --percent 50 --to ./registry
  perigee promote digits@1.3.0 --to ./registry              everybody, and the rollout is over
  perigee rollout digits@1.3.0 --percent 0 --to ./registry  nobody new, and those who had it go back`)
    .action(async ({ name, version }: ReleaseName, options: ChannelOptions & { percent: number; startAt?: string; salt?: string; incomplete?: string }) => {
      const { percent, channel, startAt, salt = `${name}:${version}`, note } = options;
      if (percent > 0) passGate(await readPublished(options.to, name, version), channel, options.incomplete);
      const { metadataVersion } = await changeChannels(await publisherOf(options), name, (before) => {
        const current = before.channels[channel];
        if (!current) throw new CommandError(`${name} has no channel "${channel}" that a rollout could start from. There is: ${Object.keys(before.channels).join(', ') || 'none'}. Promote a version to it first.`);
        const { rollout: _ended, ...rest } = current;
        return { ...before, channels: { ...before.channels, [channel]: percent === 0 ? rest : { ...rest, rollout: { version, permyriad: Math.round(percent * (BUCKETS / 100)), salt, ...(startAt !== undefined && { startAt }) } } } };
      }, note);
      io.out(percent === 0 ? `The rollout on ${channel} of ${name} is halted (metadata ${metadataVersion}).` : `${name}@${version} goes to ${percent} % of ${channel} (metadata ${metadataVersion}).`);
    });
};

export const registerRollback: RegisterCommand = (program, io) => {
  withSigning(program.command('rollback').description('put a channel back to the version it had before').argument('<model>', 'name', modelName))
    .option('--channel <name>', 'the channel', channelName, 'stable')
    .option('--version <version>', 'to this one (default: what the channel named before)', semanticVersion)
    .option('--note <text>', 'why, for the log')
    .addHelpText('after', `
Examples:
  perigee rollback digits --to ./registry
  perigee rollback digits --version 1.1.0 --note "wrong labels since 1.2.0" --to ./registry`)
    .action(async (name: string, options: ChannelOptions & { version?: string }) => {
      const { channel, note } = options;
      const before = options.version ?? (await versionBefore(options.to, name, channel));
      const { metadataVersion, changed } = await changeChannels(await publisherOf(options), name, (file) => ({ ...file, channels: { ...file.channels, [channel]: { version: before } } }), note);
      io.out(changed ? `${channel} of ${name} is back at ${before} (metadata ${metadataVersion}). Devices take it with their next check; their previous version is still on them.` : `${channel} of ${name} is at ${before} already.`);
    });
};

async function versionBefore(to: string, name: string, channel: string): Promise<string> {
  const history = await channelHistory(await openRegistry(openDestination(to)), name);
  const versions = history.flatMap(({ file }) => file.channels[channel]?.version ?? []);
  const now = versions.at(-1);
  const before = versions.findLast((version) => version !== now);
  // A running rollout is what there is to take back, when the channel itself never moved.
  if (before === undefined && now !== undefined && history.at(-1)?.file.channels[channel]?.rollout) return now;
  if (before === undefined) throw new CommandError(`The channel "${channel}" of ${name} has never named another version${now === undefined ? '' : ` than ${now}`}. Say which: --version 1.0.0`);
  return before;
}

export const registerRevoke: RegisterCommand = (program, io) => {
  withSigning(program.command('revoke').description('forbid a version on every device, also offline once they have seen it').argument('<release>', 'name@version, or name with --below'))
    .requiredOption('--reason <text>', 'shown to whoever asks for it')
    .option('--below <version>', 'forbid everything below this version (the security floor)', semanticVersion)
    .option('--undo', 'allow the version again')
    .addHelpText('after', `
Examples:
  perigee revoke digits@1.2.0 --reason "takes 1 for 7" --to ./registry
  perigee revoke digits --below 1.1.0 --reason "leaks training data" --to ./registry`)
    .action(async (text: string, options: SigningOptions & { reason: string; below?: string; undo?: boolean }) => {
      const { reason, below, undo } = options;
      const { name, version } = below === undefined ? releaseName(text) : { name: modelName(text), version: undefined };
      const { metadataVersion } = await changeChannels(await publisherOf(options), name, (before) => {
        if (below !== undefined) return { ...before, floor: below };
        const others = (before.revoked ?? []).filter((one) => one.version !== version);
        return { ...before, revoked: undo || version === undefined ? others : [...others, { version, reason }] } satisfies Omit<ChannelFile, 'schema' | 'model' | 'sequence'>;
      }, reason);
      io.out(below === undefined ? `${name}@${version} ${undo ? 'may run again' : 'must not run any more'} (metadata ${metadataVersion}).` : `Of ${name} nothing below ${below} may run any more (metadata ${metadataVersion}).`);
    });
};

export const registerExperiment: RegisterCommand = (program, io) => {
  withSigning(program.command('experiment').description('split the devices of "stable" over versions, to compare them').argument('<model>', 'name', modelName))
    .requiredOption('--id <id>', 'names the experiment')
    .option('--arm <name=version:percent>', 'one arm; repeat it', (text: string, arms: string[]) => [...arms, text], [])
    .option('--end', 'end it: everybody follows the channel again')
    .addHelpText('after', `
Examples:
  perigee experiment digits --id wider-net --arm control=1.1.0:10 --arm wider=1.2.0:10 --to ./registry
  perigee experiment digits --id wider-net --end --to ./registry`)
    .action(async (name: string, options: SigningOptions & { id: string; arm: readonly string[]; end?: boolean }) => {
      const { id, end } = options;
      const arms = options.arm.map((text) => {
        const [, arm, version, percent] = /^([\w.-]{1,64})=([^:]+):([0-9.]+)$/.exec(text) ?? [];
        if (arm === undefined || version === undefined || percent === undefined) throw new CommandError(`--arm "${text}": expected name=version:percent, like wider=1.2.0:10.`);
        return { name: arm, version: semanticVersion(version), permyriad: Math.round(percentage(percent) * (BUCKETS / 100)) };
      });
      if (!end && arms.length < 2) throw new CommandError('An experiment needs at least two arms: --arm control=1.1.0:10 --arm wider=1.2.0:10');
      if (arms.reduce((sum, { permyriad }) => sum + permyriad, 0) > BUCKETS) throw new CommandError('The arms have more than 100 % together.');
      const { metadataVersion } = await changeChannels(await publisherOf(options), name, (before) => {
        const others = (before.experiments ?? []).filter((one) => one.id !== id);
        return { ...before, experiments: end ? others : [...others, { id, salt: `${name}:${id}`, arms }] };
      });
      io.out(`The experiment ${id} of ${name} ${end ? 'is over' : `runs with ${arms.map((arm) => `${arm.name} (${arm.version}, ${arm.permyriad / 100} %)`).join(' and ')}`} (metadata ${metadataVersion}).`);
    });
};
