import { takeBack } from '@perigee/registry';
import type { ChannelFile } from '@perigee/registry';
import type { CompareAnswer } from '../api.ts';

/**
 * `halt`: no other device gets the version, and devices that have it go back. `rollback`: in
 * addition, it must not run on any device any more, even offline.
 */
export type GuardAction = 'halt' | 'rollback';

/** A rollout in progress. */
export interface Running {
  readonly model: string;
  readonly channel: string;
  readonly champion: string;
  readonly challenger: string;
  readonly percent: number;
}

/** `outcome` `waiting`: one of the versions has no counts yet. */
export type GuardDecision<A> =
  | { readonly act: true; readonly answer: A }
  | { readonly act: false; readonly outcome: 'waiting' | 'too-little-data' | 'no-harm-seen' };

const MAX_REASON = 500;

/**
 * The rollouts of a model that give a version to some devices.
 * @example
 * ```ts
 * for (const running of rolloutsOf('digits', file)) console.log(running.percent);
 * ```
 */
export function rolloutsOf(model: string, file: ChannelFile | undefined): Running[] {
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
 * Decides whether a rollout is taken back: for a verdict of harm, and for nothing else.
 * @param answer undefined as long as one of the versions has no counts
 * @example
 * ```ts
 * const decision = guardDecision(answer);
 * if (decision.act) console.log(decision.answer.reasons);
 * ```
 */
export function guardDecision<A extends Pick<CompareAnswer, 'verdict'>>(
  answer: A | undefined,
): GuardDecision<A> {
  if (!answer) return { act: false, outcome: 'waiting' };
  return answer.verdict === 'harm'
    ? { act: true, answer }
    : { act: false, outcome: answer.verdict };
}

/**
 * The channels without a rollout that does harm. They stay as they are if the rollout ended
 * meanwhile.
 * @example
 * ```ts
 * const next = withoutRollout(file, running, 'halt', answer.reasons.join('; '));
 * ```
 */
export function withoutRollout(
  file: ChannelFile,
  { channel, challenger }: Pick<Running, 'channel' | 'challenger'>,
  action: GuardAction,
  reason: string,
): ChannelFile {
  const current = file.channels[channel];
  if (current?.rollout?.version !== challenger) return file;
  const channels = { ...file.channels, [channel]: takeBack(current) };
  if (action === 'halt') return { ...file, channels };
  return {
    ...file,
    channels,
    revoked: [
      ...(file.revoked ?? []).filter(({ version }) => version !== challenger),
      { version: challenger, reason: `the guard: ${reason}`.slice(0, MAX_REASON) },
    ],
  };
}
