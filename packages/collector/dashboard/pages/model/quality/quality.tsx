import type { DriftAnswer } from '../../../../src/api-quality.ts';
import { useApi } from '../../../api.ts';
import { count, rate } from '../../../format.ts';
import { Answer, Empty } from '../../../parts/states.tsx';
import type { SectionProps } from '../section.ts';
import { largestRate, worstSeverityOf } from './checks.ts';
import { QualityTable } from './quality-table.tsx';

/** Problems with values, by feature, largest difference first. */
export function QualitySection({ model, version, view, base, parameters }: SectionProps) {
  const drift = useApi<DriftAnswer>(`${base}/drift?${view.query({ version })}`);
  return (
    <section className="card stack" aria-label="Quality">
      <div className="row">
        <h2>Data quality</h2>
        {drift.data && <Verdict features={drift.data.features} />}
      </div>
      <Answer of={drift} height={400}>
        {({ features, predictions }) =>
          features.length === 0 ? (
            <Empty title="Nothing to compare">The reference of this version has no features.</Empty>
          ) : (
            <>
              <p className="muted small">
                {count(predictions)} predictions. A bar is the current share of such values, up to{' '}
                {rate(largestRate(features))}; its mark is the share in the reference. Colour marks
                a problem: 1 percentage point more or fewer missing values or other categories than
                in the reference, or 0.5 % of the values invalid or out of range.
              </p>
              <QualityTable model={model.name} features={features} parameters={parameters} />
            </>
          )
        }
      </Answer>
    </section>
  );
}

function Verdict({ features }: Pick<DriftAnswer, 'features'>) {
  const problems = features.filter((feature) => worstSeverityOf(feature) >= 1).length;
  return (
    <span className={`badge ${problems > 0 ? 'warn' : 'good'}`}>
      {problems === 0 ? 'no problems' : `${problems} of ${features.length} features with a problem`}
    </span>
  );
}
