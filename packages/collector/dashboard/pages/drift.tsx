import type { DriftAnswer, FeatureDrift } from '../../src/api.ts';
import { useApi } from '../api.ts';
import { HistogramPair } from '../charts/histogram-pair.tsx';
import { count, percent, score } from '../format.ts';
import { Empty, Skeleton } from '../parts/states.tsx';

const METHOD = { wasserstein: 'Wasserstein, quantile space', 'total-variation': 'total variation' } as const;
const VERDICT = { drift: 'bad', stable: 'good', 'too-little-data': '' } as const;
const WORD = { drift: 'drift', stable: 'stable', 'too-little-data': 'too little data' } as const;

interface Props {
  readonly model: string;
  readonly version: string;
  readonly from: string;
  readonly selected: string | undefined;
  readonly onSelect: (feature: string) => void;
}

/** Features by how far they are over their threshold; the chosen one against its reference. */
export function Drift({ model, version, from, selected, onSelect }: Props) {
  const { data, error } = useApi<DriftAnswer>(`/v1/models/${encodeURIComponent(model)}/drift?version=${encodeURIComponent(version)}&from=${from}`);
  const all = data ? [...(data.output ? [data.output.labels, data.output.scores] : []), ...data.features] : [];
  const shown = all.find(({ name }) => name === selected) ?? data?.features[0];
  const drifted = data?.features.filter(({ verdict }) => verdict === 'drift').length ?? 0;
  return (
    <section className="card stack" aria-label="Drift">
      <div className="row">
        <h2>Drift from the reference</h2>
        {data && <span className={`badge ${drifted > 0 ? 'bad' : 'good'}`}>{drifted === 0 ? 'no feature drifts' : `${drifted} of ${data.features.length} features drift`}</span>}
        {data && <span className="muted small">{count(data.predictions)} predictions</span>}
      </div>
      {!data && !error && <Skeleton height={420} />}
      {!data && error && <Empty title={error.code === 'NO_DATA' ? 'None in this window' : 'Drift cannot be shown'}>{error.message}</Empty>}
      {data && shown && (
        <div className="split">
          <ul className="features" aria-label="Features, most drifted first">
            {all.map((feature) => <li key={feature.name}><FeatureButton feature={feature} pressed={feature === shown} onSelect={onSelect} /></li>)}
          </ul>
          <Detail feature={shown} />
        </div>
      )}
    </section>
  );
}

function FeatureButton({ feature, pressed, onSelect }: { readonly feature: FeatureDrift; readonly pressed: boolean; readonly onSelect: (name: string) => void }) {
  const { name, verdict, primary } = feature;
  const adjusted = Math.max(0, primary.score - primary.noiseFloor);
  // The mark in the middle of the bar is the threshold.
  const width = Math.min(100, (adjusted / primary.threshold) * 50);
  return (
    <button type="button" className="feature" aria-pressed={pressed} onClick={() => onSelect(name)}>
      <span className="feature-name" title={name}>{name}</span>
      <span className="meter" aria-hidden="true"><i className={verdict === 'drift' ? 'bad' : ''} style={{ width: `${width}%` }} /><em /></span>
      <span className="meter-value">{verdict === 'too-little-data' ? '–' : score(adjusted)}<span className="visually-hidden"> {WORD[verdict]}</span></span>
    </button>
  );
}

function Detail({ feature }: { readonly feature: FeatureDrift }) {
  const { name, verdict, primary, scores, quality, observations, bins } = feature;
  return (
    <div className="stack">
      <div className="row">
        <h3>{name}</h3>
        <span className={`badge ${VERDICT[verdict]}`}>{WORD[verdict]}</span>
        <span className="muted small">{METHOD[primary.method]} {score(primary.score)}, of which {score(primary.noiseFloor)} is noise at {count(observations)} observations; alert from {primary.threshold}</span>
      </div>
      <HistogramPair name={name} bins={bins} />
      <div className="scores">
        <Score name="PSI" value={score(scores.psi)} />
        <Score name="Jensen–Shannon" value={score(scores.jensenShannon)} />
        <Score name="Hellinger" value={score(scores.hellinger)} />
        <Score name="Total variation" value={score(scores.totalVariation)} />
        <Score name="KS at edges" value={score(scores.kolmogorovSmirnov)} />
        <Score name={`χ² (${scores.chiSquare.degreesOfFreedom})`} value={`p ${scores.chiSquare.pValue < 1e-4 ? '< 0.0001' : scores.chiSquare.pValue.toFixed(4)}`} />
        <Score name="Missing" value={`${percent(quality.missingRate)} (${percent(quality.referenceMissingRate)})`} />
        <Score name="Invalid" value={percent(quality.invalidRate)} />
        <Score name="Out of range" value={percent(quality.outOfRangeRate)} />
      </div>
    </div>
  );
}

function Score({ name, value }: { readonly name: string; readonly value: string }) {
  return <div><span className="muted">{name}</span><span>{value}</span></div>;
}
