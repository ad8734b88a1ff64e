export const SIDE_IDS = ['chosen', 'wasm', 'raw', 'tfjs', 'transformers'] as const;
export type SideId = (typeof SIDE_IDS)[number];

/** A way to run the model. */
export interface Side {
  readonly id: SideId;
  open(): Promise<Opened>;
}

export interface Opened {
  call(): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Medians in milliseconds over all rounds. */
export interface Figures {
  readonly id: SideId;
  /** From nothing to the first answer, in a new worker. */
  readonly firstMs: number;
  /** One call after the other. */
  readonly callMs: number;
}

export interface Plan {
  readonly rounds: number;
  /** Calls in a round, after the first answer. */
  readonly calls: number;
}

/** Answers of two sides that differ more than this are not of the same model. */
const TOLERANCE = 1e-3;

/**
 * Measures the sides in turns, in another order each round, so that a device that gets warm or busy
 * slows all of them. The first round is not counted: it fetches and compiles.
 * @param now in milliseconds
 * @throws Error when a side gives other answers than the first one; the signal's reason
 */
export async function measure(
  sides: readonly Side[],
  { rounds, calls }: Plan,
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
  now: () => number = () => performance.now(),
): Promise<readonly Figures[]> {
  const firsts = new Map(sides.map(({ id }) => [id, [] as number[]]));
  const times = new Map(sides.map(({ id }) => [id, [] as number[]]));
  let expected: Float32Array | undefined;
  let done = 0;
  for (let round = 0; round <= rounds; round += 1) {
    for (const side of rotated(sides, round)) {
      signal.throwIfAborted();
      const result = await measureOnce(side, calls, signal, now);
      expected ??= result.answer;
      compare(side.id, result.answer, expected);
      if (round > 0) {
        firsts.get(side.id)?.push(result.firstMs);
        times.get(side.id)?.push(median(result.callsMs));
      }
      done += 1;
      onProgress(done / (sides.length * (rounds + 1)));
    }
  }
  return sides.map(({ id }) => ({
    id,
    firstMs: rounded(median(firsts.get(id) ?? [])),
    callMs: rounded(median(times.get(id) ?? [])),
  }));
}

async function measureOnce(side: Side, calls: number, signal: AbortSignal, now: () => number) {
  const start = now();
  const opened = await side.open();
  try {
    const answer = await opened.call();
    const firstMs = now() - start;
    const callsMs: number[] = [];
    for (let i = 0; i < calls; i += 1) {
      signal.throwIfAborted();
      const before = now();
      await opened.call();
      callsMs.push(now() - before);
    }
    return { answer, firstMs, callsMs };
  } finally {
    await opened.close();
  }
}

function rotated<T>(list: readonly T[], by: number): readonly T[] {
  const from = by % list.length;
  return [...list.slice(from), ...list.slice(0, from)];
}

function compare(id: SideId, answer: Float32Array, expected: Float32Array): void {
  const isSame =
    answer.length === expected.length &&
    answer.every((value, i) => Math.abs(value - (expected[i] ?? NaN)) <= TOLERANCE);
  if (!isSame) throw new Error(`The side "${id}" gave other answers than the first one.`);
}

/** To microseconds. A link has the same figures as the page. */
function rounded(ms: number): number {
  return Math.round(1_000 * ms) / 1_000;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
