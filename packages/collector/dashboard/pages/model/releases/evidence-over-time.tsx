import type { CompareAnswer } from '../../../../src/api.ts';
import { EvidencePath } from '../../../charts/evidence-path.tsx';
import { Select } from '../../../parts/select.tsx';
import type { SectionProps } from '../section.ts';
import { metricName } from './metric-name.ts';

interface Props extends Pick<SectionProps, 'parameters'> {
  readonly data: CompareAnswer;
}

/** The evidence of harm over time, of all metrics or of one with both halves of the fleet. */
export function EvidenceOverTime({ data, parameters }: Props) {
  const { metrics, champion, challenger, from, to } = data;
  const only = metrics.find(({ name }) => name === parameters.get('metric'));
  return (
    <section className="card stack" aria-label="Evidence over time">
      <div className="row">
        <h2>Evidence over time</h2>
        <span className="spacer" />
        <Select
          label="Metric"
          value={only?.name}
          all="All metrics"
          options={metrics.map((metric) => ({ value: metric.name, label: metricName(metric) }))}
          onChange={(next) => parameters.set({ metric: next })}
        />
      </div>
      <p className="muted small">
        Evidence (e-value) that {challenger} is worse than {champion}. You may look as often as you
        like: if {challenger} is not worse, the chance that the evidence ever reaches 100 is at most
        1 in 100.{' '}
        {only
          ? 'Chance rarely raises the evidence in both halves of the fleet.'
          : 'Choose one metric to see both halves of the fleet.'}
      </p>
      <EvidencePath metrics={metrics} only={only} nameOf={metricName} from={from} to={to} />
    </section>
  );
}
