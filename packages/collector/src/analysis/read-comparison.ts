import type { CompareAnswer, SliceQuery } from '../api.ts';
import type { ComparedCounts } from '../store/compared.ts';
import { bothOutSince, firstWholeHour } from './both-out.ts';
import type { Pair } from './both-out.ts';
import { compareVersions } from './compare.ts';
import type { Compared } from './compare.ts';
import { keptHarmOf, keptHarms } from './kept-harm.ts';
import type { KeptHarm } from './kept-harm.ts';
import { windowQuery } from './read-fleet.ts';
import type { Sources } from './read-fleet.ts';
import { rolloutShare, shareSince } from './rollout-share.ts';
import { hourText } from './window.ts';

const HOUR_MS = 3_600_000;
const SLICES = ['backend', 'browser', 'segment'] as const;

export interface ComparisonQuery extends Pair {
  /** UTC hours since 1970, half-open. */
  readonly fromHour: number;
  readonly toHour: number;
  readonly nowMs: number;
  /** A part of the fleet; the whole fleet by default. */
  readonly slice?: Pick<SliceQuery, (typeof SLICES)[number]>;
  /** Called with the sums of each version; it throws if they must not be shown. */
  readonly check?: (sums: readonly ComparedCounts[]) => void;
}

/** The hours that were compared do not have counts of this version. */
export interface NoCounts {
  readonly missing: string;
  readonly fromHour: number;
}

/**
 * Answers whether the new version is worse, in the hours since both are deployed.
 * @example
 * ```ts
 * const answer = await readComparison(sources, { ...pair, fromHour, toHour, nowMs: Date.now() });
 * ```
 */
export async function readComparison(
  { store, publishedModels }: Pick<Sources, 'store' | 'publishedModels'>,
  { fromHour: askedHour, toHour, nowMs, slice = {}, check, ...pair }: ComparisonQuery,
): Promise<CompareAnswer | NoCounts> {
  const { model, champion, challenger } = pair;
  const file = await publishedModels?.channels(model).catch(() => undefined);
  const kept = firstWholeHour(Math.floor(nowMs / HOUR_MS));
  const hourly = { fromHour: Math.max(askedHour, kept), toHour };
  const fromHour = (await bothOutSince(store, file, pair, hourly)) ?? hourly.fromHour;
  const read = async (version: string): Promise<ComparedCounts[]> => {
    const query = { ...windowQuery(model, slice, { fromHour, toHour }), version };
    const sums = fromHour < toHour ? await store.compared(query) : [];
    if (sums.length > 0) check?.(sums);
    return sums;
  };
  const after = await read(challenger);
  if (after.length === 0) return { missing: challenger, fromHour };
  const before = await read(champion);
  if (before.length === 0) return { missing: champion, fromHour };
  const arms = { champion: before, challenger: after };
  const compared = compareVersions(arms, rolloutShare(file, challenger), shareSince(file));
  const seen = keptHarmOf(await keptHarms(store), pair, file);
  const isWhole = SLICES.every((name) => slice[name] === undefined);
  const isShown = seen !== undefined && isWhole && seen.sinceMs < toHour * HOUR_MS;
  const { shortfall, ...answer } = isShown
    ? stillHarm(compared, seen)
    : { ...compared, harmSince: null };
  return {
    model,
    champion,
    challenger,
    from: hourText(fromHour),
    to: hourText(toHour),
    ...answer,
    shortfall: shortfall && namedShortfall(shortfall, pair),
  };
}

/** The reasons are of the counts there are now, or of the time when the harm was seen. */
function stillHarm(
  compared: Compared,
  { reasons, sinceMs }: KeptHarm,
): Compared & Pick<CompareAnswer, 'harmSince'> {
  const harmSince = new Date(sinceMs).toISOString();
  if (compared.verdict === 'harm') return { ...compared, harmSince };
  return { ...compared, verdict: 'harm', shortfall: null, reasons, harmSince };
}

function namedShortfall(
  { arm, ...shortfall }: NonNullable<Compared['shortfall']>,
  pair: Pair,
): CompareAnswer['shortfall'] {
  return { ...shortfall, version: pair[arm] };
}
