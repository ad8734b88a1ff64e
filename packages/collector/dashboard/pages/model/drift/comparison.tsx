import type { DriftAnswer } from '../../../../src/api-quality.ts';
import { dateTime, many } from '../../../format.ts';
import { Empty } from '../../../parts/states.tsx';
import { FeatureDetail } from './feature-detail.tsx';
import { FeatureList } from './feature-list.tsx';
import { ScoresExport } from './scores-export.tsx';

/** Below this number of device groups there are no intervals. */
const MIN_GROUPS = 4;

interface Props {
  readonly data: DriftAnswer;
  readonly selected: string | undefined;
  readonly onSelect: (name: string) => void;
}

/** All features with their scores, and the details of the selected one. */
export function Comparison({ data, selected, onSelect }: Props) {
  const { features, outputs, against } = data;
  const shown =
    [...features, ...outputs].find(({ name }) => name === selected) ?? features[0] ?? outputs[0];
  if (!shown)
    return <Empty title="Nothing to compare">The reference of this version has no features.</Empty>;
  return (
    <>
      <Basis data={data} />
      <div className="split">
        <div className="features">
          {outputs.length > 0 && (
            <FeatureList title="Predictions" features={outputs} shown={shown} onSelect={onSelect} />
          )}
          <FeatureList title="Inputs" features={features} shown={shown} onSelect={onSelect} />
        </div>
        <FeatureDetail
          feature={shown}
          baselineName={against.kind === 'version' ? against.version : against.kind}
        />
      </div>
      <ScoresExport features={[...outputs, ...features]} />
    </>
  );
}

/** The number of predictions and devices behind the scores, and the period compared with. */
function Basis({ data: { predictions, devices, groups, against } }: Pick<Props, 'data'>) {
  return (
    <p className="muted small">
      {many(predictions, 'prediction')} in {many(devices, 'device-hour')}, from {groups} of 16
      device groups.
      {(against.kind === 'previous' || against.kind === 'week-before') &&
        ` Compared with ${dateTime(against.from)} – ${dateTime(against.to)}.`}
      {groups < MIN_GROUPS &&
        ` Intervals need ${MIN_GROUPS} groups. Without them, predictions are treated as ` +
          'independent, so p-values are too small.'}
    </p>
  );
}
