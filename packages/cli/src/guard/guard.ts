import type { CompareAnswer } from '@perigee/collector';
import { parseChannelTarget } from '@perigee/registry';
import type { ChannelFile } from '@perigee/registry';
import { CommandError } from '../command.ts';
import { messageOf } from '../message-of.ts';
import { changeChannels } from '../publish/channels.ts';
import { openDestination } from '../publish/destination.ts';
import { takeBack } from '../publish/moves.ts';
import { openRegistry, readChannels } from '../publish/registry.ts';
import type { Publisher } from '../publish/registry.ts';
import type { CollectorClient } from './collector-client.ts';

/**
 * `halt`: no other device gets the version, and devices that have it go back. `rollback`: in
 * addition, it must not run on any device any more, even offline.
 */
export type GuardAction = 'halt' | 'rollback';

export interface GuardOptions {
  readonly publisher: Publisher;
  readonly collector: CollectorClient;
  readonly action: GuardAction;
  /** Report the action without doing it. */
  readonly dryRun: boolean;
}

/** A rollout in progress. */
export interface Running {
  readonly model: string;
  readonly channel: string;
  readonly champion: string;
  readonly challenger: string;
  readonly percent: number;
}

/**
 * The result for one rollout. Channel and versions are absent if the model's channel file could not
 * be read.
 */
export interface GuardReport extends Partial<Omit<Running, 'model'>> {
  readonly model: string;
  /**
   * `waiting`: there are no counts of the challenger yet. `failed`: the check failed; `reasons` say
   * why.
   */
  readonly outcome:
    | 'waiting'
    | 'too-little-data'
    | 'no-harm-seen'
    | 'would-act'
    | 'acted'
    | 'failed';
  readonly reasons: readonly string[];
}

/**
 * Checks every rollout of the registry once. It takes back a rollout that does harm by two
 * independent signals. It signs with the available keys and writes the decision with its evidence
 * to the collector's audit log. An error for one model is in its report; the other models are still
 * checked.
 * @throws CommandError when the registry cannot be read
 */
export async function guardOnce({
  publisher,
  collector,
  action,
  dryRun,
}: GuardOptions): Promise<GuardReport[]> {
  const reports: GuardReport[] = [];
  const registry = await openRegistry(openDestination(publisher.to));
  for (const model of Object.keys(registry.state.channels).flatMap(
    (path) => parseChannelTarget(path) ?? [],
  )) {
    let running: readonly Running[] = [];
    try {
      running = rolloutsOf(model, await readChannels(registry, model));
    } catch (error) {
      reports.push({ model, ...failed(error) });
    }
    for (const one of running) {
      const outcome = await checkRollout(one, { publisher, collector, action, dryRun }).catch(
        failed,
      );
      if (outcome) reports.push({ ...one, ...outcome });
    }
  }
  return reports;
}

type Outcome = Pick<GuardReport, 'outcome' | 'reasons'>;

function failed(error: unknown): Outcome {
  return { outcome: 'failed', reasons: [messageOf(error)] };
}

function rolloutsOf(model: string, file: ChannelFile | undefined): Running[] {
  return Object.entries(file?.channels ?? {}).flatMap(([channel, { version, rollout }]) =>
    rollout && rollout.permyriad > 0
      ? [
          {
            model,
            channel,
            champion: version,
            challenger: rollout.version,
            percent: rollout.permyriad / 100,
          },
        ]
      : [],
  );
}

/**
 * The outcome for one rollout. Undefined if another publisher ended the rollout in the meantime.
 */
async function checkRollout(
  running: Running,
  { publisher, collector, action, dryRun }: GuardOptions,
): Promise<Outcome | undefined> {
  const { model, channel, champion, challenger, percent } = running;
  if (champion === challenger)
    throw new CommandError(
      `the channel names ${champion} already, so there is nothing to compare. End the rollout: ` +
        `perigee rollout ${model}@${challenger} --percent 0 --channel ${channel}`,
    );
  const answer = await collector.compare(model, champion, challenger);
  if (!answer || answer.verdict !== 'harm')
    return {
      outcome: answer ? (answer.verdict as 'too-little-data' | 'no-harm-seen') : 'waiting',
      reasons: [],
    };
  if (dryRun) return { outcome: 'would-act', reasons: answer.reasons };
  const reason = answer.reasons.join('; ');
  if (!(await takeRolloutBack(publisher, running, action, reason))) return undefined;
  const logFaults = await collector
    .note({
      actor: 'guard',
      action,
      model,
      version: challenger,
      summary: `${challenger} was rolled back from ${percent} % of ${channel}: ${reason}`,
      evidence: evidenceOf(answer),
    })
    .then(
      () => [],
      (error: unknown) => [
        `the decision could not be written to the audit log: ${failed(error).reasons.join('')}`,
      ],
    );
  return { outcome: 'acted', reasons: [...answer.reasons, ...logFaults] };
}

async function takeRolloutBack(
  publisher: Publisher,
  { model, channel, challenger }: Running,
  action: GuardAction,
  reason: string,
): Promise<boolean> {
  const { changed } = await changeChannels(
    publisher,
    model,
    (before) => {
      const current = before.channels[channel];
      if (current?.rollout?.version !== challenger) return before;
      const channels = { ...before.channels, [channel]: takeBack(current) };
      if (action === 'halt') return { ...before, channels };
      return {
        ...before,
        channels,
        revoked: [
          ...(before.revoked ?? []).filter(({ version }) => version !== challenger),
          { version: challenger, reason: `the guard: ${reason}`.slice(0, 500) },
        ],
      };
    },
    `guard: ${reason}`.slice(0, 500),
  );
  return changed;
}

/** The figures behind a decision, without the history of each metric. */
function evidenceOf({ from, to, metrics, sampleRatio, harmSince }: CompareAnswer): unknown {
  return {
    from,
    to,
    harmSince,
    sampleRatio,
    metrics: metrics.map(({ path, ...metric }) => ({ ...metric, halves: path.at(-1)?.halves })),
  };
}
