import type { PerformanceAnswer } from '../../../../src/api-quality.ts';
import { useApi } from '../../../api.ts';
import { AccuracyOverTime } from '../../../charts/accuracy-over-time.tsx';
import { Segments } from '../../../parts/segments.tsx';
import { Answer } from '../../../parts/states.tsx';
import type { SectionProps } from '../section.ts';
import { EstimatedCard } from './estimated-card.tsx';
import { Labels } from './labels.tsx';
import { MeasuredCard } from './measured-card.tsx';
import { Slices } from './slices.tsx';

const BY = [
  { id: 'segment', label: 'Segment' },
  { id: 'backend', label: 'Backend' },
  { id: 'browser', label: 'Browser' },
] as const;

/** Performance measured from feedback and estimated from confidence. */
export function PerformanceSection({ version, view, parameters, base }: SectionProps) {
  const by = BY.find(({ id }) => id === parameters.get('by'))?.id ?? 'segment';
  const performance = useApi<PerformanceAnswer>(
    `${base}/performance?${view.query({ version, by })}`,
  );
  return (
    <Answer of={performance} height={520}>
      {({ measured, estimated, timeline, slices, from, to }) => (
        <>
          <div className="halves">
            <MeasuredCard report={measured} />
            <EstimatedCard estimated={estimated} />
          </div>
          {timeline.some((point) => point.measured !== null || point.estimated !== null) && (
            <section className="card stack" aria-label="Accuracy over time">
              <h2>Accuracy over time</h2>
              <AccuracyOverTime timeline={timeline} from={from} to={to} />
            </section>
          )}
          <section className="card stack" aria-label="By part of the fleet">
            <div className="row">
              <h2>By part of the fleet</h2>
              <span className="spacer" />
              <Segments
                label="Parts of the fleet"
                options={BY}
                value={by}
                onChange={(next) => parameters.set({ by: next })}
              />
            </div>
            <Slices slices={slices} byError={measured?.kind === 'regression'} by={by} />
          </section>
          {measured?.kind === 'classification' && <Labels report={measured} />}
        </>
      )}
    </Answer>
  );
}
