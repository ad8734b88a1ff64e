import { BUCKETS, compareVersion } from '@perigee/registry';
import type { ChannelFile, Rollout } from '@perigee/registry';
import { CommandError } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { changeChannels } from '../publish/channels.ts';
import type { ChannelContent } from '../publish/channels.ts';
import { passGate } from '../publish/gate.ts';
import { channelHistory } from '../publish/history.ts';
import {
  channelOf,
  refuseBlocked,
  refuseReturn,
  rollbackTarget,
  startRollout,
  takeBack,
} from '../publish/moves.ts';
import type { Move } from '../publish/moves.ts';
import { readPublished } from '../publish/published-manifest.ts';
import type { OpenRegistry } from '../publish/registry.ts';
import { publisherOf, withSigning } from './signing.ts';
import type { SigningOptions } from './signing.ts';
import { channelName, modelName, percentage, releaseName, semanticVersion } from './shared.ts';
import type { ReleaseName } from './shared.ts';

interface ChannelOptions extends SigningOptions {
  readonly channel: string;
  readonly note?: string;
}

/**
 * Commands that select the version of devices. One signed file per model holds it all. Going back
 * creates a new, higher version of that file.
 */
export const registerRollout: RegisterCommand = (program, io) => {
  withSigning(
    program
      .command('rollout')
      .description('give a published version to a share of the devices of a channel')
      .argument('<release>', 'name@version', releaseName),
  )
    .requiredOption(
      '--percent <p>',
      'of the devices, 0 to 100; raising it adds devices and takes none away, 0 halts',
      percentage,
    )
    .option('--channel <name>', 'the channel', channelName, 'stable')
    .option('--start-at <time>', 'not before this time, ISO 8601')
    .option('--salt <text>', 'another salt draws other devices (default: name:version)')
    .option('--note <text>', 'why, for the log')
    .option(
      '--incomplete <reason>',
      'let it pass to "stable" without card, metrics, licence, owner or intended use',
    )
    .option('--force', 'also a version that the channel left before, and a smaller share')
    .addHelpText(
      'after',
      `
Examples:
  perigee rollout digits@1.3.0 --percent 5 --to ./registry
  perigee rollout digits@1.3.0 --percent 50 --to ./registry
  perigee promote digits@1.3.0 --to ./registry              everybody, and the rollout is over
  perigee rollout digits@1.3.0 --percent 0 --to ./registry  nobody new, and those who had it go back`,
    )
    .action(async ({ name, version }: ReleaseName, options: RolloutOptions) => {
      const { percent, channel, note } = options;
      if (percent > 0)
        passGate(await readPublished(options.to, name, version), channel, options.incomplete);
      const edit = (before: ChannelFile, _versions: readonly string[], registry: OpenRegistry) =>
        percent === 0
          ? halted(before, channel, version)
          : rolledOut(registry, before, version, options);
      const { metadataVersion, changed } = await changeChannels(
        await publisherOf(options),
        name,
        edit,
        note,
      );
      const now = changed ? `(metadata ${metadataVersion})` : 'already; nothing was changed';
      if (percent > 0) io.out(`${name}@${version} goes to ${percent} % of ${channel} ${now}.`);
      else
        io.out(
          changed
            ? `The rollout of ${name}@${version} on ${channel} is halted ${now}.`
            : `There is no rollout of ${name}@${version} on ${channel}; nothing was changed.`,
        );
    });
};

interface RolloutOptions extends ChannelOptions {
  readonly percent: number;
  readonly startAt?: string;
  readonly salt?: string;
  readonly incomplete?: string;
  readonly force?: boolean;
}

/**
 * The channels with the rollout.
 * @throws CommandError for a rollout that is not possible; also for one that would undo a later
 * decision, unless `force` is set
 */
async function rolledOut(
  registry: OpenRegistry,
  before: ChannelFile,
  version: string,
  { channel, percent, salt = `${before.model}:${version}`, startAt, force = false }: RolloutOptions,
): Promise<ChannelContent> {
  const name = before.model;
  const current = before.channels[channel];
  if (!current)
    throw new CommandError(
      `${name} has no channel "${channel}" that a rollout could start from. There is: ` +
        `${Object.keys(before.channels).join(', ') || 'none'}. Promote a version to it first.`,
    );
  if (current.version === version)
    throw new CommandError(
      `"${channel}" of ${name} names ${version} already, so all its devices get it. A rollout ` +
        'gives another version to a share of them.',
    );
  const permyriad = Math.round(percent * (BUCKETS / 100));
  const { rollout } = current;
  if (rollout?.version !== version)
    await refuseReturn(registry, before, { channel, version, force });
  else if (permyriad < rollout.permyriad && !force)
    throw new CommandError(
      `${name}@${version} goes to ${rollout.permyriad / 100} % of "${channel}" already; ` +
        `${percent} % would take it from devices. If an old job ran again, nothing is to be ` +
        'done. If it is meant, say so with --force; --percent 0 halts the rollout.',
    );
  const began = startAt ?? startOf(rollout, version, salt);
  return {
    ...before,
    channels: {
      ...before.channels,
      [channel]: startRollout(current, {
        version,
        permyriad,
        salt,
        ...(began !== undefined && { startAt: began }),
      }),
    },
  };
}

/**
 * Start of the rollout. The collector compares versions from then on. Undefined for a rollout of an
 * older program, which did not record it: it began at an unknown time before now.
 */
function startOf(rollout: Rollout | undefined, version: string, salt: string): string | undefined {
  const now = new Date().toISOString();
  if (rollout?.version !== version || rollout.salt !== salt) return now;
  const { startAt } = rollout;
  return startAt !== undefined && Date.parse(startAt) > Date.parse(now) ? now : startAt;
}

/** Halts the rollout of this version only. */
function halted(before: ChannelFile, channel: string, version: string): ChannelContent {
  const current = before.channels[channel];
  if (current?.rollout?.version !== version) return before;
  return { ...before, channels: { ...before.channels, [channel]: takeBack(current) } };
}

export const registerRollback: RegisterCommand = (program, io) => {
  withSigning(
    program
      .command('rollback')
      .description('put a channel back to the version it had before')
      .argument('<model>', 'name', modelName),
  )
    .option('--channel <name>', 'the channel', channelName, 'stable')
    .option(
      '--version <version>',
      'to this one (default: what the channel named before)',
      semanticVersion,
    )
    .option('--note <text>', 'why, for the log')
    .option('--force', 'with --version: also one that was rolled back')
    .addHelpText(
      'after',
      `
A rollout on the channel is taken back first; then the channel goes to the version before. A second
rollback changes nothing.
Examples:
  perigee rollback digits --to ./registry
  perigee rollback digits --version 1.1.0 --note "wrong labels since 1.2.0" --to ./registry`,
    )
    .action(
      async (name: string, options: ChannelOptions & { version?: string; force?: boolean }) => {
        const { channel, note, version, force = false } = options;
        const { metadataVersion, changed, file } = await changeChannels(
          await publisherOf(options),
          name,
          async (before, _versions, registry) => {
            const target = await (version === undefined
              ? rollbackTarget(registry, before, channel)
              : givenTarget(before, { channel, version, force }));
            const current = before.channels[channel];
            return target === undefined || !current
              ? before
              : {
                  ...before,
                  channels: { ...before.channels, [channel]: takeBack(current, target) },
                };
          },
          note,
        );
        const at = file.channels[channel]?.version ?? '';
        if (changed)
          io.out(
            `${channel} of ${name} is back at ${at} (metadata ${metadataVersion}). Devices ` +
              'take it ' +
              'with their next check; their previous version is still on them.',
          );
        else
          io.out(
            `${channel} of ${name} is back at ${at} already; nothing was changed.` +
              `${version === undefined ? ` To go back further: perigee rollback ${name} --version <version>` : ''}`,
          );
      },
    );
};

/**
 * The version to go back to.
 * @throws CommandError for a version that must not run; also for one that was rolled back, unless
 * `force` is set
 */
function givenTarget(before: ChannelFile, { channel, version, force }: Move): string {
  refuseBlocked(before, version);
  const current = channelOf(before, channel);
  if (current.takenBack?.includes(version) && !force)
    throw new CommandError(
      `${before.model}@${version} was taken back from "${channel}", which names ` +
        `${current.version} now. To name it again: --force`,
    );
  return version;
}

export const registerRevoke: RegisterCommand = (program, io) => {
  withSigning(
    program
      .command('revoke')
      .description('forbid a version on every device, also offline once they have seen it')
      .argument('<release>', 'name@version, or name with --below'),
  )
    .requiredOption('--reason <text>', 'shown to whoever asks for it')
    .option(
      '--below <version>',
      'forbid everything below this version (the security floor)',
      semanticVersion,
    )
    .option('--undo', 'allow the version again; with --below: lower the floor to this version')
    .addHelpText(
      'after',
      `
Examples:
  perigee revoke digits@1.2.0 --reason "takes 1 for 7" --to ./registry
  perigee revoke digits --below 1.1.0 --reason "leaks training data" --to ./registry`,
    )
    .action(
      async (
        text: string,
        options: SigningOptions & { reason: string; below?: string; undo?: boolean },
      ) => {
        const { reason, below, undo } = options;
        const { name, version } =
          below === undefined ? releaseName(text) : { name: modelName(text), version: undefined };
        const { metadataVersion, changed, file } = await changeChannels(
          await publisherOf(options),
          name,
          (before) => {
            // An old job that is run again must not lower the floor.
            if (below !== undefined)
              return undo || before.floor === undefined || compareVersion(below, before.floor) > 0
                ? { ...before, floor: below }
                : before;
            const known = before.revoked ?? [];
            if (!undo && known.some((one) => one.version === version && one.reason === reason))
              return before;
            const others = known.filter((one) => one.version !== version);
            return {
              ...before,
              revoked: undo || version === undefined ? others : [...others, { version, reason }],
            };
          },
          reason,
        );
        const now = changed ? `(metadata ${metadataVersion})` : 'already; nothing was changed';
        io.out(
          below === undefined
            ? `${name}@${version} ${undo ? 'may run again' : 'must not run any more'} ${now}.`
            : `Of ${name} nothing below ${file.floor} may run any more ${now}.`,
        );
      },
    );
};

export const registerExperiment: RegisterCommand = (program, io) => {
  withSigning(
    program
      .command('experiment')
      .description('split the devices of "stable" over versions, to compare them')
      .argument('<model>', 'name', modelName),
  )
    .requiredOption('--id <id>', 'names the experiment')
    .option(
      '--arm <name=version:percent>',
      'one arm; repeat it',
      (text: string, arms: string[]) => [...arms, text],
      [],
    )
    .option('--end', 'end it: everybody follows the channel again')
    .option('--force', 'also one that was ended before')
    .addHelpText(
      'after',
      `
Examples:
  perigee experiment digits --id wider-net --arm control=1.1.0:10 --arm wider=1.2.0:10 \\
    --to ./registry
  perigee experiment digits --id wider-net --end --to ./registry`,
    )
    .action(
      async (
        name: string,
        options: SigningOptions & {
          id: string;
          arm: readonly string[];
          end?: boolean;
          force?: boolean;
        },
      ) => {
        const { id, end, force } = options;
        const arms = options.arm.map((text) => {
          const [, arm, version, percent] = /^([\w.-]{1,64})=([^:]+):([0-9.]+)$/.exec(text) ?? [];
          if (arm === undefined || version === undefined || percent === undefined)
            throw new CommandError(
              `--arm "${text}": expected name=version:percent, like wider=1.2.0:10.`,
            );
          return {
            name: arm,
            version: semanticVersion(version),
            permyriad: Math.round(percentage(percent) * (BUCKETS / 100)),
          };
        });
        if (!end && arms.length < 2)
          throw new CommandError(
            'An experiment needs at least two arms: --arm control=1.1.0:10 --arm wider=1.2.0:10',
          );
        if (arms.reduce((sum, { permyriad }) => sum + permyriad, 0) > BUCKETS)
          throw new CommandError('The arms have more than 100 % together.');
        const { metadataVersion } = await changeChannels(
          await publisherOf(options),
          name,
          async (before, _versions, registry) => {
            const running = before.experiments ?? [];
            const next = { id, salt: `${name}:${id}`, arms };
            if (end) return { ...before, experiments: running.filter((one) => one.id !== id) };
            if (running.some((one) => one.id === id))
              return { ...before, experiments: running.map((one) => (one.id === id ? next : one)) };
            const ended =
              !force &&
              (await channelHistory(registry, name)).some(({ file }) =>
                file.experiments?.some((one) => one.id === id),
              );
            if (ended)
              throw new CommandError(
                `The experiment ${id} of ${name} was ended before. If an old job ran again, ` +
                  'nothing is ' +
                  'to be done. If it is meant, say so with --force, or take another --id.',
              );
            return { ...before, experiments: [...running, next] };
          },
        );
        io.out(
          `The experiment ${id} of ` +
            `${name} ${
              end
                ? 'is over'
                : 'runs with ' +
                  `${arms.map((arm) => `${arm.name} (${arm.version}, ${arm.permyriad / 100} %)`).join(' and ')}`
            } (metadata ` +
            `${metadataVersion}).`,
        );
      },
    );
};
