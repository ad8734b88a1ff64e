import type { ChannelFile } from '@perigee/registry';
import type { Undecided } from '../alerts/finding.ts';
import type { VersionTotals } from '../store/store.ts';
import { cannotJudge, CHANNEL_RULES, messageOf } from './cannot-judge.ts';
import type { Sources } from './read-fleet.ts';

/** Which versions of a model are on offer. */
export interface ModelChannels {
  readonly model: string;
  /** Undefined for a model without channels, and while they cannot be read. */
  readonly file: ChannelFile | undefined;
  /** Why they cannot be read. */
  readonly fault: string | undefined;
}

/** Of every model that was ever counted. */
export async function channelsOf({ references }: Pick<Sources, 'references'>, totals: readonly VersionTotals[]): Promise<ModelChannels[]> {
  const models = [...new Set(totals.map(({ model }) => model))];
  return Promise.all(models.map(async (model): Promise<ModelChannels> => {
    try {
      return { model, file: await references?.channels(model), fault: undefined };
    } catch (error) {
      return { model, file: undefined, fault: messageOf(error) };
    }
  }));
}

/** Versions of models whose channels cannot be read: against what to compare them is not known. */
export function unread(channels: readonly ModelChannels[]): Undecided[] {
  return channels.flatMap(({ model, fault }) => (fault === undefined ? [] : CHANNEL_RULES.map((rule) => cannotJudge(model, null, rule, fault))));
}

/** Versions that a channel names. */
export function namedBy(file: ChannelFile | undefined): ReadonlySet<string> {
  return new Set(Object.values(file?.channels ?? {}).map(({ version }) => version));
}
