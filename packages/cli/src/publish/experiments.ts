import { BUCKETS } from '@perigee/registry';
import type { ChannelFile, Experiment } from '@perigee/registry';
import { CommandError } from '../command.ts';
import type { ChannelContent } from './channels.ts';
import { channelHistory } from './history.ts';
import type { OpenRegistry } from './registry.ts';

export interface ExperimentRequest {
  readonly id: string;
  readonly arms: Experiment['arms'];
  /** Allows an experiment that was ended before. */
  readonly force: boolean;
}

/**
 * Checks the arms of an experiment.
 * @throws CommandError for fewer than two arms, or more than 100 % of the devices
 */
export function checkArms(arms: Experiment['arms']): void {
  if (arms.length < 2)
    throw new CommandError(
      'An experiment needs at least two arms: --arm control=1.1.0:10 --arm wider=1.2.0:10',
    );
  if (arms.reduce((sum, { permyriad }) => sum + permyriad, 0) > BUCKETS)
    throw new CommandError('The arms add up to more than 100 %.');
}

/**
 * The channels with the experiment started, or with the arms of the running one replaced.
 * @throws CommandError for one that was ended before, unless `force` is set
 */
export async function runExperiment(
  registry: OpenRegistry,
  before: ChannelFile,
  { id, arms, force }: ExperimentRequest,
): Promise<ChannelContent> {
  const { model, experiments = [] } = before;
  const next: Experiment = { id, salt: `${model}:${id}`, arms };
  if (experiments.some((one) => one.id === id))
    return { ...before, experiments: experiments.map((one) => (one.id === id ? next : one)) };
  if (!force && (await ranBefore(registry, model, id)))
    throw new CommandError(
      `The experiment ${id} of ${model} was ended before. If an old job ran again, there is ` +
        'nothing to do. To start it again on purpose, use --force, or choose another --id.',
    );
  return { ...before, experiments: [...experiments, next] };
}

/** The channels without the experiment. */
export function endExperiment(before: ChannelFile, id: string): ChannelContent {
  return { ...before, experiments: before.experiments?.filter((one) => one.id !== id) ?? [] };
}

async function ranBefore(registry: OpenRegistry, model: string, id: string): Promise<boolean> {
  const history = await channelHistory(registry, model);
  return history.some(({ file }) => file.experiments?.some((one) => one.id === id));
}
