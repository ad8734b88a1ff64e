import type { LatencyAnswer } from '../../../src/api.ts';
import { useApi } from '../../api.ts';
import { LatencyRanges } from '../../charts/latency-ranges.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
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
        <span className="muted small">dot p50, dark p90, pale p99; logarithmic</span>
      </div>
      <Answer of={latency} height={320}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty title="None in this window">Choose a longer one above.</Empty>
          ) : (
            <LatencyRanges rows={rows} versions={model.versions.map(({ version }) => version)} />
          )
        }
      </Answer>
    </section>
  );
}
