import type { HourRange } from '../bucket.ts';

export { bucketOf } from '../bucket.ts';
export type { HourRange } from '../bucket.ts';

const DAY = 24;

/** One roll-up of the hours [from, to), whose sums carry `from`. Never changed: a newer one takes its place. */
export interface Build {
  readonly from: number;
  readonly to: number;
  readonly build: number;
  /** The database's clock before it read what it added, in µs. */
  readonly at: number;
}

/** What is rolled up, and what came after. */
export interface RollUps {
  readonly builds: readonly Build[];
  /** Hour → when something was last added to it, µs. Only of hours that may be rolled up already. */
  readonly marks: ReadonlyMap<number, number>;
  /** What lies before is deleted, if not from the disk yet. */
  readonly horizon: number;
  /** Of what lies before, only roll-ups are left, or will be soon. */
  readonly sealed: number;
}

/** How a reading takes each hour once: from roll-ups, or from what devices sent. */
export interface Plan {
  readonly builds: readonly number[];
  readonly raw: readonly HourRange[];
  /** Hours before these carry their week's or their day's first. */
  readonly weeksBefore: number;
  readonly daysBefore: number;
  readonly horizon: number;
}

/** Those that are not inside a wider or replaced by a newer one. Ranges lie inside each other or apart, never across. */
export function effective(builds: readonly Build[]): Build[] {
  const chosen: Build[] = [];
  const best = builds.toSorted((a, b) => a.from - b.from || b.to - a.to || b.at - a.at || b.build - a.build);
  for (const build of best) if (build.from >= (chosen.at(-1)?.to ?? 0)) chosen.push(build);
  return chosen;
}

/** Whether something was added after it was built, as far as clocks can tell: they may be apart by `settleUs`. */
export function isDirty({ from, to, at }: Build, marks: RollUps['marks'], settleUs: number): boolean {
  for (let hour = from; hour < to; hour += 1) {
    const mark = marks.get(hour);
    if (mark !== undefined && mark >= at - settleUs) return true;
  }
  return false;
}

export function planOf({ builds, marks, horizon }: Omit<RollUps, 'sealed'>, settleUs: number): Plan {
  const all = effective(builds);
  const clean = all.filter((build) => !isDirty(build, marks, settleUs));
  const raw: HourRange[] = [];
  let from = 0;
  for (const build of clean) {
    if (build.from > from) raw.push({ from, to: build.from });
    from = build.to;
  }
  raw.push({ from, to: 2 ** 32 - 1 });
  const before = (width: number): number => Math.max(0, ...all.filter((build) => build.to - build.from > width).map(({ to }) => to));
  return { builds: clean.filter((build) => build.from >= horizon).map(({ build }) => build), raw, weeksBefore: before(DAY), daysBefore: before(DAY - 1), horizon };
}
