import type { LatencyAnswer } from '../../src/api.ts';

export type LatencyRow = LatencyAnswer['rows'][number];

/** Stages of a call in execution order. Other stages follow. */
const ORDER = ['load', 'queue', 'preprocess', 'inference', 'postprocess', 'total'];
const DECADES = [0.001, 0.01, 0.1, 1, 10, 100, 1_000, 10_000, 100_000];
/** Width of a tick's label with its gap, in CSS pixels. */
const TICK_WIDTH = 60;

/** The ends of the axis: base-2 logarithms of milliseconds. */
export interface LogRange {
  readonly low: number;
  readonly high: number;
}

/** A range that contains all rows, with a margin. */
export function rangeOf(rows: readonly LatencyRow[]): LogRange {
  const fastest = Math.min(...rows.map(({ p50Ms }) => p50Ms));
  const slowest = Math.max(...rows.map(({ p50Ms, p90Ms, p99Ms }) => p99Ms ?? p90Ms ?? p50Ms));
  return {
    low: Math.log2(Math.max(0.001, fastest)) - 0.5,
    high: Math.log2(Math.max(0.002, slowest)) + 0.5,
  };
}

/** The powers of ten in a range, as many as there is room for, in milliseconds. */
export function ticksOf({ low, high }: LogRange, width: number): readonly number[] {
  const inside = DECADES.filter((ms) => Math.log2(ms) > low && Math.log2(ms) < high);
  const every = Math.max(1, Math.ceil(inside.length / Math.max(1, width / TICK_WIDTH)));
  return inside.filter((_ms, i) => i % every === 0);
}

/** Rows grouped by stage; within a stage by backend, then by version. */
export function rowsByStage(
  rows: readonly LatencyRow[],
  versions: readonly string[],
): readonly { readonly stage: string; readonly rows: readonly LatencyRow[] }[] {
  const stages = [...new Set(rows.map(({ stage }) => stage))].toSorted(
    (a, b) => rank(a) - rank(b) || a.localeCompare(b),
  );
  return stages.map((stage) => ({
    stage,
    rows: rows
      .filter((row) => row.stage === stage)
      .toSorted(
        (a, b) =>
          a.backend.localeCompare(b.backend) ||
          versions.indexOf(a.version) - versions.indexOf(b.version),
      ),
  }));
}

function rank(stage: string): number {
  const at = ORDER.indexOf(stage);
  return at === -1 ? ORDER.length : at;
}
