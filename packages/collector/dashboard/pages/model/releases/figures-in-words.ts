import type { DriftAnswer, PerformanceAnswer, QualityCheck } from '../../../../src/api-quality.ts';
import { rate, times } from '../../../format.ts';
import { shortfallText } from '../../../parts/shortfall.ts';
import { VERDICT_WORDS } from '../quality/checks.ts';

/** The feature or output with the highest score; undefined if none has a verdict. */
export function mostDrifted({
  features,
  outputs,
}: Pick<DriftAnswer, 'features' | 'outputs'>): string | undefined {
  const ratioOf = ({ primary }: DriftAnswer['features'][number]): number =>
    Math.max(0, primary.score - primary.noiseFloor) / primary.threshold;
  const [most] = [...features, ...outputs]
    .filter(({ verdict }) => verdict !== 'too-little-data')
    .toSorted((a, b) => ratioOf(b) - ratioOf(a));
  return most && `${most.name}, ${times(ratioOf(most))}`;
}

/** The feature with the largest share out of range, with its verdict. */
export function mostOutOfRange(checks: readonly QualityCheck[]): string | undefined {
  const shareOf = ({ value }: QualityCheck): number => value?.value ?? 0;
  const [most] = checks
    .filter(({ rule }) => rule === 'out-of-range')
    .toSorted((a, b) => shareOf(b) - shareOf(a));
  if (!most) return undefined;
  const { feature, verdict, shortfall } = most;
  return shortfall === null
    ? `${feature}, ${rate(shareOf(most))}${VERDICT_WORDS[verdict]}`
    : shortfallText(shortfall);
}

/** The reason why an estimate may be wrong; undefined if nothing speaks against it. */
export function doubtOf({
  drifted,
  unjudged,
}: Pick<NonNullable<PerformanceAnswer['estimated']>, 'drifted' | 'unjudged'>): string | undefined {
  if (drifted.length > 0) return 'inputs have moved: it may be wrong';
  return unjudged.length > 0 ? 'too little was counted to know if inputs have moved' : undefined;
}
