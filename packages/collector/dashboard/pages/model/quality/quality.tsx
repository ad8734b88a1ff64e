import type { DriftAnswer, QualityCheck } from '../../../../src/api-quality.ts';
import { useApi } from '../../../api.ts';
import { many, rate } from '../../../format.ts';
import { Answer, Empty } from '../../../parts/states.tsx';
import type { SectionProps } from '../section.ts';
import { largestRate, summaryOf } from './checks.ts';
import { QualityTable } from './quality-table.tsx';

/** Problems with values, by feature, largest difference first. */
export function QualitySection({ model, version, view, base, parameters }: SectionProps) {
  const drift = useApi<DriftAnswer>(`${base}/drift?${view.query({ version })}`);
  return (
    <section className="card stack" aria-label="Quality">
      <div className="row">
        <h2>Data quality</h2>
        {drift.data && <Verdict checks={drift.data.quality} />}
      </div>
      <Answer of={drift} height={400}>
        {({ quality, predictions }) =>
          quality.length === 0 ? (
            <Empty title="Nothing to compare">The reference of this version has no features.</Empty>
          ) : (
            <>
              <p className="muted small">
                {many(predictions, 'prediction')}. A bar is the current share of such values, up to{' '}
                {rate(largestRate(quality))}; its mark is the share in the reference. Colour marks a
                problem: the whole interval is above the threshold from which an alert opens.
              </p>
              <QualityTable model={model.name} checks={quality} parameters={parameters} />
            </>
          )
        }
      </Answer>
    </section>
  );
}

function Verdict({ checks }: { readonly checks: readonly QualityCheck[] }) {
  const { words, tone } = summaryOf(checks);
  return <span className={`badge ${tone}`}>{words}</span>;
}
