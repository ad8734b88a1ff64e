import type { ChannelFile } from '@perigee/registry';
import type { Undecided } from '../alerts/finding.ts';
import { messageOf } from '../message-of.ts';
import type { VersionTotals } from '../store/store.ts';
import { cannotJudge, CHANNEL_RULES } from './cannot-judge.ts';
import type { Sources } from '../analysis/read-fleet.ts';

/** The channel file of a model. */
export interface ModelChannels {
  readonly model: string;
  /** Undefined for a model without channels, or if they cannot be read. */
  readonly file: ChannelFile | undefined;
  /** Why the channels cannot be read; undefined if they can. */
  readonly fault: string | undefined;
}

/** The channels of every model with counts. */
export async function channelsOf(
  { publishedModels }: Pick<Sources, 'publishedModels'>,
  totals: readonly VersionTotals[],
): Promise<ModelChannels[]> {
  const models = [...new Set(totals.map(({ model }) => model))];
  return Promise.all(
    models.map(async (model): Promise<ModelChannels> => {
      try {
        return { model, file: await publishedModels?.channels(model), fault: undefined };
      } catch (error) {
        return { model, file: undefined, fault: messageOf(error) };
      }
    }),
  );
}

/**
 * Entries for models whose channels cannot be read, so that the version to compare with is unknown.
 */
export function unread(channels: readonly ModelChannels[]): Undecided[] {
  return channels.flatMap(({ model, fault }) =>
    fault === undefined ? [] : CHANNEL_RULES.map((rule) => cannotJudge(model, null, rule, fault)),
  );
}

/** The versions that the channels name. */
export function namedBy(file: ChannelFile | undefined): ReadonlySet<string> {
  return new Set(Object.values(file?.channels ?? {}).map(({ version }) => version));
}
