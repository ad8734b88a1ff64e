import type { FeatureDrift } from '../../../../src/api-quality.ts';
import { HistogramPair } from '../../../charts/histogram-pair.tsx';
import { scaleOf, Whisker } from '../../../charts/whisker.tsx';
import { count, interval, probability, score } from '../../../format.ts';
import { VERDICT_TONE, verdictText } from '../../../parts/verdict.ts';
import { Scores } from './scores.tsx';

const METHOD = {
  wasserstein: 'Wasserstein distance in quantile space',
  'total-variation': 'Total variation distance',
} as const;
const VERDICT_COLOR = {
  drift: 'var(--bad)',
  unsure: 'var(--warn)',
  stable: 'var(--accent)',
  'too-little-data': 'var(--muted)',
} as const;

interface Props {
  readonly feature: FeatureDrift;
  readonly baselineName: string;
}

/** One feature: its score against the alert line, its distribution, and all statistics. */
export function FeatureDetail({ feature, baselineName }: Props) {
  const { name, kind, verdict, effectiveN, adjustedPValue, bins } = feature;
  return (
    <div className="stack">
      <div className="row">
        <h3>{name}</h3>
        <span className={`badge ${VERDICT_TONE[verdict]}`}>{verdictText(feature)}</span>
        <span className="muted small">{kind}</span>
      </div>
      <ScoreAgainstLine feature={feature} />
      {verdict === 'unsure' && (
        <p className="small muted">
          The score is above the threshold, but chance may explain it: with {count(effectiveN)}{' '}
          independent observations the adjusted p-value is {probability(adjustedPValue)}. No alert
          opens.
        </p>
      )}
      <HistogramPair name={name} bins={bins} baselineName={baselineName} />
      <Scores feature={feature} />
    </div>
  );
}

function ScoreAgainstLine({ feature: { primary, verdict } }: Pick<Props, 'feature'>) {
  const estimate = { value: primary.score, low: primary.low, high: primary.high };
  const range = interval(estimate, score);
  const line = primary.threshold + primary.noiseFloor;
  return (
    <div className="effect">
      <Whisker
        of={estimate}
        scale={{ ...scaleOf([estimate], [line]), min: 0 }}
        threshold={line}
        color={VERDICT_COLOR[verdict]}
      />
      <p className="small">
        <b>{score(primary.score)}</b>{' '}
        <span className="muted">
          {range === undefined ? '(too few devices for an interval)' : `(${range})`}{' '}
          {METHOD[primary.method]}. The alert line is {score(line)}: chance alone gives{' '}
          {score(primary.noiseFloor)}, and the threshold is {primary.threshold} more.
        </span>
      </p>
    </div>
  );
}
