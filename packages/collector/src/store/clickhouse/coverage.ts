import type { HourRange } from '../bucket.ts';

export { bucketOf } from '../bucket.ts';
export type { HourRange } from '../bucket.ts';

const DAY = 24;

/**
 * One roll-up of the hours [from, to). Its sums carry the hour `from`. A roll-up never changes; a
 * newer one replaces it.
 */
export interface Build {
  readonly from: number;
  readonly to: number;
  readonly build: number;
  /** Time before its rows were read, by the database's clock, in µs. */
  readonly at: number;
}

/** The state of the roll-ups, and what was added since. */
export interface RollUps {
  readonly builds: readonly Build[];
  /** Hour → time of the last addition, in µs. Only for hours that may already be rolled up. */
  readonly marks: ReadonlyMap<number, number>;
  /** Data before this hour is deleted, though possibly not from disk yet. */
  readonly horizon: number;
  /** Before this hour only roll-ups are kept; device rows are deleted, or will be soon. */
  readonly sealed: number;
}

/**
 * Says where each hour is read from, so that it counts once: from a roll-up or from device rows.
 */
export interface Plan {
  readonly builds: readonly number[];
  readonly raw: readonly HourRange[];
  /**
   * Hours before `weeksBefore` carry the first hour of their week, hours before `daysBefore` that
   * of their day.
   */
  readonly weeksBefore: number;
  readonly daysBefore: number;
  readonly horizon: number;
}

/**
 * Roll-ups that are neither inside a wider one nor replaced by a newer one. Ranges are nested or
 * disjoint; they never overlap partially.
 */
export function effective(builds: readonly Build[]): Build[] {
  const chosen: Build[] = [];
  const best = builds.toSorted(
    (a, b) => a.from - b.from || b.to - a.to || b.at - a.at || b.build - a.build,
  );
  for (const build of best) if (build.from >= (chosen.at(-1)?.to ?? 0)) chosen.push(build);
  return chosen;
}

/**
 * True if something was added after the build. Clocks may differ by `settleUs`, so additions
 * shortly before the build count too.
 */
export function isDirty(
  { from, to, at }: Build,
  marks: RollUps['marks'],
  settleUs: number,
): boolean {
  for (let hour = from; hour < to; hour += 1) {
    const mark = marks.get(hour);
    if (mark !== undefined && mark >= at - settleUs) return true;
  }
  return false;
}

export function planOf(
  { builds, marks, horizon }: Omit<RollUps, 'sealed'>,
  settleUs: number,
): Plan {
  const all = effective(builds);
  const clean = all.filter((build) => !isDirty(build, marks, settleUs));
  const raw: HourRange[] = [];
  let from = 0;
  for (const build of clean) {
    if (build.from > from) raw.push({ from, to: build.from });
    from = build.to;
  }
  raw.push({ from, to: 2 ** 32 - 1 });
  const before = (width: number): number =>
    Math.max(0, ...all.filter((build) => build.to - build.from > width).map(({ to }) => to));
  return {
    builds: clean.filter((build) => build.from >= horizon).map(({ build }) => build),
    raw,
    weeksBefore: before(DAY),
    daysBefore: before(DAY - 1),
    horizon,
  };
}
