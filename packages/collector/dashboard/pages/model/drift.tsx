import type { DriftAnswer, DriftHistoryAnswer, FeatureDrift } from '../../../src/api-quality.ts';
import { useApi } from '../../api.ts';
import { HeatMap } from '../../charts/heat-map.tsx';
import { HistogramPair } from '../../charts/histogram-pair.tsx';
import { scaleOf, Whisker } from '../../charts/whisker.tsx';
import { count, dateTime, interval, percent, probability, rate, score } from '../../format.ts';
import { Segments } from '../../parts/segments.tsx';
import { Select } from '../../parts/select.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import { summaryOf, VERDICT_TONE, VERDICT_WORD } from '../../parts/verdict.ts';
import type { SectionProps } from './section.ts';

const METHOD = {
  wasserstein: 'Wasserstein, quantile space',
  'total-variation': 'Total variation',
} as const;
const METER = { drift: 'bad', unsure: 'warn', stable: '', 'too-little-data': '' } as const;
const COLOR = {
  drift: 'var(--bad)',
  unsure: 'var(--warn)',
  stable: 'var(--accent)',
  'too-little-data': 'var(--muted)',
} as const;
const PERIODS = [
  { id: 'reference', label: 'Reference' },
  { id: 'previous', label: 'Previous period' },
  { id: 'week-before', label: 'Week before' },
] as const;

/**
 * Features by ratio of score to threshold, the selected feature with its baseline, and all features
 * over time.
 */
export function DriftSection({ model, version, view, parameters, base }: SectionProps) {
  const against = parameters.get('against');
  const drift = useApi<DriftAnswer>(`${base}/drift?${view.query({ version, against })}`);
  const history = useApi<DriftHistoryAnswer>(`${base}/drift-history?${view.query({ version })}`);
  const others = model.versions.filter((one) => one.version !== version);
  const selected = parameters.get('feature');
  const select = (feature: string): void => parameters.set({ feature });
  const compared =
    against === undefined || PERIODS.some(({ id }) => id === against) ? undefined : against;
  return (
    <>
      <section className="card stack" aria-label="Drift">
        <div className="row">
          <h2>{titleOf(drift.data)}</h2>
          {drift.data && <Count of={drift.data} />}
          <span className="spacer" />
          <div className="row against" role="group" aria-label="Compared with">
            <Segments
              label="Compared with"
              options={PERIODS}
              value={
                compared === undefined
                  ? (PERIODS.find(({ id }) => id === against)?.id ?? 'reference')
                  : undefined
              }
              onChange={(id) => parameters.set({ against: id === 'reference' ? undefined : id })}
            />
            {others.length > 0 && (
              <Select
                label="or version"
                value={compared}
                all="none"
                options={others.map((one) => ({ value: one.version, label: one.version }))}
                onChange={(next) => parameters.set({ against: next })}
              />
            )}
          </div>
        </div>
        <Answer of={drift} height={460}>
          {(data) => <Comparison data={data} selected={selected} onSelect={select} />}
        </Answer>
      </section>
      <section className="card stack" aria-label="Drift over time">
        <div className="row">
          <h2>Drift over time</h2>
          <span className="muted small">from the reference, less the noise floor</span>
        </div>
        <Answer of={history} height={300}>
          {({ steps, stepHours, features }) =>
            features.every(({ ratios }) => ratios.every((ratio) => ratio === null)) ? (
              <Empty title="Too little was counted in each step">
                Steps are of {stepHours} h here; a longer window above has longer ones.
              </Empty>
            ) : (
              <HeatMap
                steps={steps}
                stepHours={stepHours}
                features={features}
                selected={selected ?? drift.data?.features[0]?.name}
                onSelect={select}
              />
            )
          }
        </Answer>
      </section>
    </>
  );
}

function titleOf(data: DriftAnswer | undefined): string {
  if (data?.against.kind === 'previous') return 'Drift from the previous period';
  if (data?.against.kind === 'week-before') return 'Drift from the week before';
  if (data?.against.kind === 'version') return `Drift from version ${data.against.version}`;
  return 'Drift from the reference';
}

function Count({ of: { features, outputs } }: { readonly of: DriftAnswer }) {
  const { words, tone } = summaryOf([...features, ...outputs]);
  return <span className={`badge ${tone}`}>{words}</span>;
}

function Comparison({
  data,
  selected,
  onSelect,
}: {
  readonly data: DriftAnswer;
  readonly selected: string | undefined;
  readonly onSelect: (name: string) => void;
}) {
  const { features, outputs, predictions, devices, groups, against } = data;
  const shown =
    [...features, ...outputs].find(({ name }) => name === selected) ?? features[0] ?? outputs[0];
  if (!shown)
    return (
      <Empty title="There is nothing to compare">
        The reference of this version names no feature.
      </Empty>
    );
  return (
    <>
      <p className="muted small">
        {count(predictions)} predictions in {count(devices)} device-hours, from {groups} of 16
        groups of devices.
        {(against.kind === 'previous' || against.kind === 'week-before') &&
          ` Compared with ${dateTime(against.from)} – ${dateTime(against.to)}.`}
        {groups < 4 &&
          ' Too few groups for intervals: predictions are taken as independent, which says ' +
            'too much.'}
      </p>
      <div className="split">
        <div className="features">
          {outputs.length > 0 && (
            <List title="Predictions" features={outputs} shown={shown} onSelect={onSelect} />
          )}
          <List title="Inputs" features={features} shown={shown} onSelect={onSelect} />
        </div>
        <Detail
          feature={shown}
          against={against.kind === 'version' ? against.version : against.kind}
        />
      </div>
    </>
  );
}

function List({
  title,
  features,
  shown,
  onSelect,
}: {
  readonly title: string;
  readonly features: readonly FeatureDrift[];
  readonly shown: FeatureDrift;
  readonly onSelect: (name: string) => void;
}) {
  return (
    <>
      <h3 className="list-title">{title}</h3>
      <ul className="plain" aria-label={`${title}, most drifted first`}>
        {features.map((feature) => (
          <li key={feature.name}>
            <FeatureButton feature={feature} pressed={feature === shown} onSelect={onSelect} />
          </li>
        ))}
      </ul>
    </>
  );
}

function FeatureButton({
  feature,
  pressed,
  onSelect,
}: {
  readonly feature: FeatureDrift;
  readonly pressed: boolean;
  readonly onSelect: (name: string) => void;
}) {
  const { name, verdict, primary } = feature;
  const adjusted = Math.max(0, primary.score - primary.noiseFloor);
  // The middle of the bar is the threshold.
  const width =
    verdict === 'too-little-data' ? 0 : Math.min(100, (adjusted / primary.threshold) * 50);
  return (
    <button type="button" className="feature" aria-pressed={pressed} onClick={() => onSelect(name)}>
      <span className="feature-name" title={name}>
        {name}
      </span>
      <span className="meter" aria-hidden="true">
        <i className={METER[verdict]} style={{ width: `${width}%` }} />
        <em />
      </span>
      <span className="meter-value">
        {verdict === 'too-little-data' ? '–' : score(adjusted)}
        <span className="visually-hidden"> {VERDICT_WORD[verdict]}</span>
      </span>
    </button>
  );
}

function Detail({
  feature,
  against,
}: {
  readonly feature: FeatureDrift;
  readonly against: string;
}) {
  const {
    name,
    verdict,
    primary,
    scores,
    quality,
    observations,
    effectiveN,
    adjustedPValue,
    pValue,
    bins,
  } = feature;
  const estimate = { value: primary.score, low: primary.low, high: primary.high };
  const range = interval(estimate, score);
  const line = primary.threshold + primary.noiseFloor;
  const { kolmogorovSmirnov, chiSquare } = scores;
  return (
    <div className="stack">
      <div className="row">
        <h3>{name}</h3>
        <span className={`badge ${VERDICT_TONE[verdict]}`}>{VERDICT_WORD[verdict]}</span>
        <span className="muted small">{feature.kind}</span>
      </div>
      <div className="effect">
        <Whisker
          of={estimate}
          scale={{ ...scaleOf([estimate], [line]), min: 0 }}
          threshold={line}
          color={COLOR[verdict]}
        />
        <p className="small">
          <b>{score(primary.score)}</b>{' '}
          <span className="muted">
            {range === undefined ? '(no interval)' : `(${range})`} {METHOD[primary.method]};{' '}
            {score(primary.noiseFloor)} of it is what chance alone gives; alert from {score(line)},
            which is {primary.threshold} over chance
          </span>
        </p>
      </div>
      {verdict === 'unsure' && (
        <p className="small muted">
          The score is over the threshold, and chance may explain it: {count(effectiveN)}{' '}
          independent observations give an adjusted p of {probability(adjustedPValue)}. No alert
          opens.
        </p>
      )}
      <HistogramPair name={name} bins={bins} against={against} />
      <dl className="scores">
        <Score name="Observations" value={count(observations)} />
        <Score
          name="Effective n"
          value={count(effectiveN)}
          title="Independent observations that would tell as much"
        />
        <Score
          name="p, adjusted"
          value={probability(adjustedPValue)}
          title={`${probability(pValue)} before the number of features is taken into account`}
        />
        <Score name="PSI" value={score(scores.psi)} />
        <Score name="PSI, less noise" value={score(scores.psiAdjusted)} />
        <Score name="Jensen–Shannon" value={score(scores.jensenShannon)} />
        <Score name="Hellinger" value={score(scores.hellinger)} />
        <Score name="Total variation" value={score(scores.totalVariation)} />
        {feature.kind === 'numeric' && (
          <Score
            name="KS"
            value={`${score(kolmogorovSmirnov.low)}–${score(kolmogorovSmirnov.high)}`}
            title="Between these: bins cannot tell more"
          />
        )}
        {scores.wasserstein !== null && (
          <Score name="Wasserstein" value={score(scores.wasserstein)} />
        )}
        <Score
          name={`χ² (${chiSquare.degreesOfFreedom})`}
          value={`p ${probability(chiSquare.pValue)}`}
          title={`χ² = ${chiSquare.statistic.toFixed(1)}`}
        />
        <Score
          name="Missing"
          value={rate(quality.missingRate)}
          title={`${percent(quality.referenceMissingRate, 2)} in the reference`}
        />
        <Score name="Invalid" value={rate(quality.invalidRate)} />
        <Score name="Out of range" value={rate(quality.outOfRangeRate)} />
      </dl>
    </div>
  );
}

function Score({
  name,
  value,
  title,
}: {
  readonly name: string;
  readonly value: string;
  readonly title?: string;
}) {
  return (
    <div title={title}>
      <dt className="muted">{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
