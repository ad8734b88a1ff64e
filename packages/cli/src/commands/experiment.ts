import { BUCKETS } from '@perigee/registry';
import type { Experiment } from '@perigee/registry';
import { CommandError } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { modelName, semanticVersion } from '../arguments/names.ts';
import { publisherOf, withSigning } from '../arguments/signing.ts';
import type { SigningOptions } from '../arguments/signing.ts';
import { percentage, repeated } from '../arguments/values.ts';
import { changeChannels } from '../publish/channels.ts';
import { checkArms, endExperiment, runExperiment } from '../publish/experiments.ts';

interface Options extends SigningOptions {
  readonly id: string;
  readonly arm?: readonly string[];
  readonly end?: boolean;
  readonly force?: boolean;
}

type Arm = Experiment['arms'][number];

export const registerExperiment: RegisterCommand = (program, io) => {
  withSigning(
    program
      .command('experiment')
      .description('split the devices of "stable" over versions, to compare the versions')
      .argument('<model>', 'name of the model', modelName),
  )
    .requiredOption('--id <id>', 'name of the experiment')
    .option('--arm <name=version:percent>', 'one arm; repeat it for each arm', repeated())
    .option('--end', 'end the experiment: all devices follow the channel again')
    .option('--force', 'allow an experiment that was ended before')
    .addHelpText(
      'after',
      `
Examples:
  perigee experiment digits --id wider-net --arm control=1.1.0:10 --arm wider=1.2.0:10 \\
    --to ./registry
  perigee experiment digits --id wider-net --end --to ./registry`,
    )
    .action(async (name: string, options: Options) => {
      const { id, end = false, force = false } = options;
      const arms = (options.arm ?? []).map(parseArm);
      if (!end) checkArms(arms);
      const { metadataVersion } = await changeChannels(
        await publisherOf(options),
        name,
        (before, _versions, registry) =>
          end ? endExperiment(before, id) : runExperiment(registry, before, { id, arms, force }),
      );
      const state = end ? 'is over' : `runs with ${arms.map(armText).join(' and ')}`;
      io.out(`The experiment ${id} of ${name} ${state} (metadata ${metadataVersion}).`);
    });
};

/**
 * Parses `name=version:percent`.
 * @throws CommandError for another form
 */
function parseArm(text: string): Arm {
  const [, name, version, percent] = /^([\w.-]{1,64})=([^:]+):([0-9.]+)$/.exec(text) ?? [];
  if (name === undefined || version === undefined || percent === undefined)
    throw new CommandError(`--arm "${text}": expected name=version:percent, like wider=1.2.0:10.`);
  return {
    name,
    version: semanticVersion(version),
    permyriad: Math.round(percentage(percent) * (BUCKETS / 100)),
  };
}

function armText({ name, version, permyriad }: Arm): string {
  return `${name} (${version}, ${permyriad / 100} %)`;
}
