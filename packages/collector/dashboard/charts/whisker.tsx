import type { Estimate } from '../../src/api.ts';

export interface Scale {
  readonly min: number;
  readonly max: number;
}

interface Props {
  readonly of: Estimate;
  readonly scale: Scale;
  readonly color?: string;
  /** A ring (estimated) instead of a dot (measured). */
  readonly hollow?: boolean;
  readonly threshold?: number;
}

/**
 * A value with its interval, on a scale shared with its neighbours. The numbers are in the adjacent
 * text.
 */
export function Whisker({
  of: { value, low, high },
  scale,
  color = 'var(--accent)',
  hollow = false,
  threshold,
}: Props) {
  const x = (at: number): string =>
    `${2 + 96 * Math.min(1, Math.max(0, (at - scale.min) / (scale.max - scale.min || 1)))}%`;
  return (
    <svg className="whisker" width="100%" height="20" aria-hidden="true">
      <line x1="0" x2="100%" y1="10" y2="10" stroke="var(--line)" />
      {threshold !== undefined && (
        <line
          x1={x(threshold)}
          x2={x(threshold)}
          y1="1"
          y2="19"
          stroke="var(--muted)"
          strokeWidth="1.5"
          strokeDasharray="3 2"
        />
      )}
      {low !== null && high !== null && (
        <line
          x1={x(low)}
          x2={x(high)}
          y1="10"
          y2="10"
          stroke={color}
          strokeWidth="2.5"
          strokeLinecap="round"
        />
      )}
      <circle
        cx={x(value)}
        cy="10"
        r="5"
        fill={hollow ? 'var(--surface)' : color}
        stroke={color}
        strokeWidth="2"
      />
    </svg>
  );
}

/** A scale that contains all values, with a margin. Starts at zero if that is close. */
export function scaleOf(estimates: readonly Estimate[], also: readonly number[] = []): Scale {
  const all = [
    ...also,
    ...estimates.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]),
  ];
  const [min, max] = [Math.min(...all), Math.max(...all)];
  const air = (max - min) * 0.12 || Math.abs(max) * 0.1 || 1;
  return { min: min >= 0 && min - air < (max - min) * 0.8 ? 0 : min - air, max: max + air };
}

/** Clips a scale to [0, 1], for shares. */
export function withinShares({ min, max }: Scale): Scale {
  return { min: Math.max(0, min), max: Math.min(1, max) };
}
