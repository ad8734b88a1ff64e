import type { Tolerance } from '@perigee/registry';
import { DEFAULT_TOLERANCE } from '../golden/golden-samples.ts';
import type { Loss } from './measure-loss.ts';

/**
 * Default limits of a variant's loss. For labels: the share of rows whose label may change.
 * Otherwise: the largest error, relative to the largest value of the output.
 */
export const DEFAULT_MAX_LOSS = {
  labels: 0.01,
  float16: 0.01,
  int8: 0.05,
  float32: 0.001,
} as const;

/**
 * With larger errors, the tolerance of golden samples would be too wide to detect a device that
 * computes wrongly.
 */
const MAX_RELATIVE_ERROR = 0.25;

/** Margin for devices that round differently from this machine. */
const HEADROOM = 1.5;

/** Explains in a sentence why a variant loses too much; null if it does not. */
export function judgeLoss(
  id: string,
  dtype: 'float32' | 'float16' | 'int8',
  loss: Loss,
  maxLoss: number | undefined,
): string | null {
  const { fault, labelAgreement, otherLabel, relative } = loss;
  if (fault !== null) return `Variant ${id} gives other outputs: ${fault}.`;
  if (labelAgreement !== null) {
    const limit = maxLoss ?? DEFAULT_MAX_LOSS.labels;
    if (1 - labelAgreement > limit)
      return (
        `Variant ${id} gives another label for ${percent(1 - labelAgreement)} of the golden ` +
        `rows; the limit is ${percent(limit)} (--max-loss). The first is sample ` +
        `"${otherLabel?.sample}", class ${otherLabel?.got} instead of ${otherLabel?.expected}.`
      );
  }
  const limit = labelAgreement === null ? (maxLoss ?? DEFAULT_MAX_LOSS[dtype]) : MAX_RELATIVE_ERROR;
  if (relative.share <= Math.min(limit, MAX_RELATIVE_ERROR)) return null;
  const bound =
    limit < MAX_RELATIVE_ERROR
      ? `the limit is ${percent(limit)} (--max-loss)`
      : `beyond ${percent(MAX_RELATIVE_ERROR)} golden samples would prove nothing`;
  return (
    `Variant ${id} is off by ${percent(relative.share)} of the largest value of output ` +
    `"${relative.output}" in sample "${relative.sample}"; ${bound}.`
  );
}

/** Tolerances that allow the variant's own error in addition to the backend's. */
export function variantTolerances(id: string, { excess }: Loss): Record<string, Tolerance> {
  const { default: base, ...backends } = DEFAULT_TOLERANCE;
  if (excess <= base.atol / HEADROOM) return {};
  const widened = ({ atol, rtol }: Tolerance): Tolerance => ({
    atol: roundedUp(atol + HEADROOM * excess),
    rtol,
  });
  return {
    [id]: widened(base),
    ...Object.fromEntries(
      Object.entries(backends).map(([backend, tolerance]) => [
        `${id}/${backend}`,
        widened(tolerance),
      ]),
    ),
  };
}

/** Rounds up to two digits, so that a manifest does not change with the last bit of an error. */
function roundedUp(value: number): number {
  const step = 10 ** (Math.floor(Math.log10(value)) - 1);
  return Number((Math.ceil(value / step) * step).toPrecision(2));
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}
