import type { DriftAnswer, DriftHistoryAnswer } from '../../../../src/api-quality.ts';
import { useApi } from '../../../api.ts';
import type { Loaded } from '../../../api.ts';
import { HeatMap } from '../../../charts/heat-map.tsx';
import { Answer, Empty } from '../../../parts/states.tsx';
import { summaryOf } from '../../../parts/verdict.ts';
import type { SectionProps } from '../section.ts';
import { BaselineChoice } from './baseline-choice.tsx';
import { Comparison } from './comparison.tsx';

/**
 * Features by ratio of score to threshold, the selected feature with its baseline, and all features
 * over time.
 */
export function DriftSection({ model, version, view, parameters, base }: SectionProps) {
  const against = parameters.get('against');
  const drift = useApi<DriftAnswer>(`${base}/drift?${view.query({ version, against })}`);
  const history = useApi<DriftHistoryAnswer>(`${base}/drift-history?${view.query({ version })}`);
  const selected = parameters.get('feature');
  const select = (feature: string): void => parameters.set({ feature });
  return (
    <>
      <section className="card stack" aria-label="Drift">
        <div className="row">
          <h2>{titleOf(drift.data)}</h2>
          {drift.data && <Verdicts of={drift.data} />}
          <span className="spacer" />
          <BaselineChoice
            against={against}
            versions={model.versions.map((one) => one.version).filter((one) => one !== version)}
            onChange={(next) => parameters.set({ against: next })}
          />
        </div>
        <Answer of={drift} height={460}>
          {(data) => <Comparison data={data} selected={selected} onSelect={select} />}
        </Answer>
      </section>
      <OverTime
        history={history}
        selected={selected ?? drift.data?.features[0]?.name}
        onSelect={select}
      />
    </>
  );
}

function titleOf(data: DriftAnswer | undefined): string {
  if (data?.against.kind === 'previous') return 'Drift from the previous period';
  if (data?.against.kind === 'week-before') return 'Drift from the week before';
  if (data?.against.kind === 'version') return `Drift from version ${data.against.version}`;
  return 'Drift from the reference';
}

function Verdicts({ of: { features, outputs } }: { readonly of: DriftAnswer }) {
  const { words, tone } = summaryOf([...features, ...outputs]);
  return <span className={`badge ${tone}`}>{words}</span>;
}

function OverTime({
  history,
  selected,
  onSelect,
}: {
  readonly history: Loaded<DriftHistoryAnswer>;
  readonly selected: string | undefined;
  readonly onSelect: (feature: string) => void;
}) {
  return (
    <section className="card stack" aria-label="Drift over time">
      <div className="row">
        <h2>Drift over time</h2>
        <span className="muted small">from the reference, minus the noise floor</span>
      </div>
      <Answer of={history} height={300}>
        {({ steps, stepHours, features }) =>
          features.every(({ ratios }) => ratios.every((ratio) => ratio === null)) ? (
            <Empty title="Too little data per step">
              Each step covers {stepHours} h. Choose a longer period above for longer steps.
            </Empty>
          ) : (
            <HeatMap
              steps={steps}
              stepHours={stepHours}
              features={features}
              selected={selected}
              onSelect={onSelect}
            />
          )
        }
      </Answer>
    </section>
  );
}
