import type { Prediction } from 'perigee';
import { duration } from '../format.ts';

const STAGES = [
  ['queueMs', 'waiting'],
  ['preprocessMs', 'preprocessing'],
  ['inferenceMs', 'inference'],
  ['postprocessMs', 'postprocessing'],
] as const;

/** Time of the last prediction; when opened, its time by stage. */
export function Latency({ timing }: { readonly timing: Prediction['timing'] | undefined }) {
  return (
    <details className="latency">
      <summary>
        <b>{timing ? duration(timing.totalMs) : '– ms'}</b> from call to answer
      </summary>
      <dl className="pairs">
        {STAGES.map(([key, label]) => (
          <div key={key}>
            <dt>{label}</dt>
            <dd>{timing ? duration(timing[key]) : '–'}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
