import type { FeatureDrift } from '../../../../src/api-quality.ts';
import { score } from '../../../format.ts';
import { verdictText } from '../../../parts/verdict.ts';

const METER = { drift: 'bad', unsure: 'warn', stable: '', 'too-little-data': '' } as const;

interface Props {
  readonly title: string;
  readonly features: readonly FeatureDrift[];
  readonly shown: FeatureDrift;
  readonly onSelect: (name: string) => void;
}

/** Features with their scores. A click selects one. */
export function FeatureList({ title, features, shown, onSelect }: Props) {
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
  const hasScore = verdict !== 'too-little-data';
  // The middle of the bar is the threshold.
  const width = hasScore ? Math.min(100, (adjusted / primary.threshold) * 50) : 0;
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
        {hasScore ? score(adjusted) : '–'}
        <span className="visually-hidden"> {verdictText(feature)}</span>
      </span>
    </button>
  );
}
