import type { CompareAnswer } from '@perigee/collector';
import { guardDecision, rolloutsOf, withoutRollout } from '@perigee/collector/analysis';
import type { GuardAction, Running } from '@perigee/collector/analysis';
import { parseChannelTarget } from '@perigee/registry';
import { CommandError } from '../command.ts';
import { messageOf } from '../message-of.ts';
import { changeChannels } from '../publish/channels.ts';
import { openDestination } from '../publish/destination.ts';
import { openRegistry, readChannels } from '../publish/registry.ts';
import type { Publisher } from '../publish/registry.ts';
import type { CollectorClient } from './collector-client.ts';

export type { GuardAction };

export interface GuardOptions {
  readonly publisher: Publisher;
  readonly collector: CollectorClient;
  readonly action: GuardAction;
  /** Report the action without doing it. */
  readonly dryRun: boolean;
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
  const decision = guardDecision(await collector.compare(model, champion, challenger));
  if (!decision.act) return { outcome: decision.outcome, reasons: [] };
  const { answer } = decision;
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
  running: Running,
  action: GuardAction,
  reason: string,
): Promise<boolean> {
  const { changed } = await changeChannels(
    publisher,
    running.model,
    (before) => withoutRollout(before, running, action, reason),
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
