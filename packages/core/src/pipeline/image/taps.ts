/**
 * Source positions and weights of each target position along one axis. Those of target i start at
 * `ends[i - 1]` (0 for the first) and stop before `ends[i]`.
 */
export interface Taps {
  readonly ends: Int32Array;
  readonly at: Int32Array;
  readonly weights: Float64Array;
}

export type Method = 'area' | 'bilinear';

export function tapsOf(from: number, to: number, method: Method): Taps {
  if (from === to) return toTaps(Array.from({ length: to }, (_, i) => [[i, 1]]));
  return method === 'area' ? areaTaps(from, to) : bilinearTaps(from, to);
}
function areaTaps(from: number, to: number): Taps {
  const scale = from / to;
  return toTaps(
    Array.from({ length: to }, (_, i) => {
      const [start, end] = [i * scale, (i + 1) * scale];
      const row: [number, number][] = [];
      for (let at = Math.floor(start); at < Math.min(from, Math.ceil(end)); at += 1) {
        const covered = Math.min(at + 1, end) - Math.max(at, start);
        if (covered > 1e-12) row.push([at, covered / scale]);
      }
      return row;
    }),
  );
}

function bilinearTaps(from: number, to: number): Taps {
  return toTaps(
    Array.from({ length: to }, (_, i) => {
      const centre = Math.max(0, ((i + 0.5) * from) / to - 0.5);
      const at = Math.min(from - 1, Math.floor(centre));
      const weight = centre - at;
      return [
        [at, 1 - weight],
        [Math.min(from - 1, at + 1), weight],
      ];
    }),
  );
}

function toTaps(rows: readonly (readonly (readonly [at: number, weight: number])[])[]): Taps {
  let end = 0;
  return {
    ends: Int32Array.from(rows, (row) => (end += row.length)),
    at: Int32Array.from(rows.flat(), ([at]) => at),
    weights: Float64Array.from(rows.flat(), ([, weight]) => weight),
  };
}
