import type { LatencyAnswer } from '../../../src/api.ts';
import { useApi } from '../../api.ts';
import { LatencyRanges } from '../../charts/latency-ranges.tsx';
import { Answer, NoDataInPeriod } from '../../parts/states.tsx';
import type { SectionProps } from './section.ts';

/** Latency of each stage of a prediction, by backend. */
export function LatencySection({ model, view, parameters, base }: SectionProps) {
  const latency = useApi<LatencyAnswer>(
    `${base}/latency?${view.query({ version: parameters.get('version') })}`,
  );
  return (
    <section className="card stack" aria-label="Latency by backend">
      <div className="row">
        <h2>Latency by backend</h2>
        <span className="muted small">
          dot p50, dark bar up to p90 (from 10 predictions), pale bar up to p99 (from 100);
          logarithmic
        </span>
      </div>
      <Answer of={latency} height={320}>
        {({ rows }) =>
          rows.length === 0 ? (
            <NoDataInPeriod />
          ) : (
            <LatencyRanges rows={rows} versions={model.versions.map(({ version }) => version)} />
          )
        }
      </Answer>
    </section>
  );
}
