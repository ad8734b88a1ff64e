import type { CompareAnswer } from '@perigee/collector';
import { parseChannelTarget } from '@perigee/registry';
import { changeChannels } from '../publish/channels.ts';
import { openDestination } from '../publish/destination.ts';
import { openRegistry, readChannels } from '../publish/registry.ts';
import type { Publisher } from '../publish/registry.ts';
import type { CollectorClient } from './collector-client.ts';

/** `halt`: nobody new gets the version, and who had it goes back. `rollback`: besides, it must not run any more on any device, also offline. */
export type GuardAction = 'halt' | 'rollback';

export interface GuardOptions {
  readonly publisher: Publisher;
  readonly collector: CollectorClient;
  readonly action: GuardAction;
  /** Say what would be done, and do nothing. */
  readonly dryRun: boolean;
}

export interface GuardReport {
  readonly model: string;
  readonly channel: string;
  readonly champion: string;
  readonly challenger: string;
  readonly percent: number;
  /** `waiting`: nothing is known of the challenger yet. */
  readonly outcome: 'waiting' | 'too-little-data' | 'no-harm-seen' | 'would-act' | 'acted';
  readonly reasons: readonly string[];
}

/**
 * Looks at every rollout of the registry once. One that does harm by two independent signals is taken back, signed with the keys at hand, and the
 * collector's audit log gets the decision with its evidence.
 * @throws CommandError when the registry, the collector or the keys do not allow it
 */
export async function guardOnce({ publisher, collector, action, dryRun }: GuardOptions): Promise<GuardReport[]> {
  const reports: GuardReport[] = [];
  for (const running of await runningIn(publisher.to)) {
    const { model, channel, champion, challenger } = running;
    const answer = await collector.compare(model, champion, challenger);
    if (!answer || answer.verdict !== 'harm') {
      reports.push({ ...running, outcome: answer ? answer.verdict as 'too-little-data' | 'no-harm-seen' : 'waiting', reasons: [] });
      continue;
    }
    const reason = answer.reasons.join('; ');
    if (!dryRun) {
      // Somebody else may have been faster.
      if (!(await takeBack(publisher, running, action, reason))) continue;
      await collector.note({ actor: 'guard', action, model, version: challenger, summary: `${challenger} was taken back from ${running.percent} % of ${channel}: ${reason}`, evidence: evidenceOf(answer) });
    }
    reports.push({ ...running, outcome: dryRun ? 'would-act' : 'acted', reasons: answer.reasons });
  }
  return reports;
}

type Running = Pick<GuardReport, 'model' | 'channel' | 'champion' | 'challenger' | 'percent'>;

async function runningIn(to: string): Promise<Running[]> {
  const registry = await openRegistry(openDestination(to));
  const models = Object.keys(registry.state.channels).flatMap((path) => parseChannelTarget(path) ?? []);
  const files = await Promise.all(models.map((model) => readChannels(registry, model)));
  return models.flatMap((model, i) => Object.entries(files[i]?.channels ?? {}).flatMap(([channel, { version, rollout }]) => (rollout && rollout.permyriad > 0 ? [{ model, channel, champion: version, challenger: rollout.version, percent: rollout.permyriad / 100 }] : [])));
}

async function takeBack(publisher: Publisher, { model, channel, challenger }: Running, action: GuardAction, reason: string): Promise<boolean> {
  const { changed } = await changeChannels(publisher, model, (before) => {
    const current = before.channels[channel];
    if (current?.rollout?.version !== challenger) return before;
    const { rollout: _ended, ...rest } = current;
    const channels = { ...before.channels, [channel]: rest };
    if (action === 'halt') return { ...before, channels };
    return { ...before, channels, revoked: [...(before.revoked ?? []).filter(({ version }) => version !== challenger), { version: challenger, reason: `the guard: ${reason}`.slice(0, 500) }] };
  }, `guard: ${reason}`.slice(0, 500));
  return changed;
}

/** The figures a decision rests on, without the whole path to them. */
function evidenceOf({ from, to, metrics, sampleRatio }: CompareAnswer): unknown {
  return { from, to, sampleRatio, metrics: metrics.map(({ path, ...metric }) => ({ ...metric, halves: path.at(-1)?.halves })) };
}
