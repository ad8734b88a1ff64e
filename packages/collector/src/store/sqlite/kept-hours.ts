import { binCount } from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import type { Dimension, WindowQuery } from '../store.ts';

/** Longest window of which hours are kept. Longer windows would push each other out. */
const MAX_HOURS = 48;
/** Bound of the counts that are kept: 32 MiB. */
const MAX_BINS = 2 ** 22;
/** The dimensions of the kept sums. */
export const KEPT_BY = ['segment', 'group', 'hour'] as const satisfies readonly Dimension[];

/** The rows of a version in an hour. It changes whenever a row is added, moved or deleted. */
export interface HourState {
  readonly hour: number;
  /** Grows with each profile that is added to a row. */
  readonly profiles: number;
  readonly rows: number;
  /** Sum of the row ids. */
  readonly ids: number;
}

/**
 * Sums of hours that were read before. Most hours of a window do not change any more, and reading
 * one again takes longer than adding it up. Late uploads change the state of their hour, which is
 * then read again.
 */
export interface KeptHours {
  /** The sums of hours by KEPT_BY; it calls `read` for runs of hours that changed or are new. */
  sums(
    query: WindowQuery,
    states: readonly HourState[],
    read: (fromHour: number, toHour: number) => readonly Profile[],
  ): Profile[];
}

/** Whether a query can be answered from sums by KEPT_BY. */
export function isKept(query: WindowQuery, by: readonly Dimension[]): boolean {
  const { version, backend, browser, fromHour, toHour } = query;
  const kept: readonly Dimension[] = KEPT_BY;
  return (
    version !== undefined &&
    backend === undefined &&
    browser === undefined &&
    toHour - fromHour <= MAX_HOURS &&
    by.every((dimension) => kept.includes(dimension))
  );
}

interface Kept {
  readonly state: HourState;
  readonly sums: readonly Profile[];
  readonly bins: number;
}

export function createKeptHours(): KeptHours {
  /** By model, version and hour; the hour that was used last is the last. */
  const hours = new Map<string, Kept>();
  let bins = 0;

  function keep(id: string, kept: Kept): void {
    bins += kept.bins - (hours.get(id)?.bins ?? 0);
    hours.delete(id);
    hours.set(id, kept);
    for (const [oldest, { bins: size }] of hours) {
      if (bins <= MAX_BINS || oldest === id) break;
      hours.delete(oldest);
      bins -= size;
    }
  }

  return {
    sums({ model, version }, states, read) {
      const idOf = (hour: number): string => JSON.stringify([model, version, hour]);
      const known = new Map<number, Kept>();
      for (const state of states) {
        const kept = hours.get(idOf(state.hour));
        if (kept && isSame(kept.state, state)) known.set(state.hour, kept);
      }
      for (const run of runsOf(states.filter(({ hour }) => !known.has(hour)))) {
        const [first, last] = [run[0]?.hour ?? 0, run.at(-1)?.hour ?? 0];
        const found = new Map(run.map(({ hour }): [number, Profile[]] => [hour, []]));
        for (const one of read(first, last + 1)) found.get(one.key.hour)?.push(one);
        for (const state of run) {
          const sums = found.get(state.hour) ?? [];
          const size = sums.reduce((all, one) => all + binCount(one), 0);
          known.set(state.hour, { state, sums, bins: size });
        }
      }
      for (const [hour, kept] of known) keep(idOf(hour), kept);
      return states.flatMap(({ hour }) => known.get(hour)?.sums ?? []);
    },
  };
}

function isSame(a: HourState, b: HourState): boolean {
  return a.profiles === b.profiles && a.rows === b.rows && a.ids === b.ids;
}

/** Runs of consecutive hours. */
function runsOf(states: readonly HourState[]): HourState[][] {
  const runs: HourState[][] = [];
  for (const state of states) {
    const run = runs.at(-1);
    if (run && run.at(-1)?.hour === state.hour - 1) run.push(state);
    else runs.push([state]);
  }
  return runs;
}
