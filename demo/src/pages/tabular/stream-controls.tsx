import { collectorUrl } from '../../collector.ts';
import { segment } from '../../perigee.ts';
import { ROWS, SHIFTED } from './rows.ts';
import { Switch } from './switch.tsx';
import type { Stream } from './use-stream.ts';

const FACTORS = Object.entries(SHIFTED)
  .map(([name, factor]) => `${name} by ${factor}`)
  .join(', ');

/** Streams rows to the model, so that the dashboard has predictions to compare. */
export function StreamControls({ stream }: { readonly stream: Stream }) {
  const { isStreaming, isShifted, streamed, setStreaming, setShifted } = stream;
  return (
    <section className="card stack" aria-label="Stream">
      <h2>Stream rows</h2>
      <Switch
        label="Stream rows of the data set"
        testId="stream-switch"
        checked={isStreaming}
        onChange={setStreaming}
      />
      <Switch
        label="Shift four measurements"
        testId="shift-switch"
        checked={isShifted}
        onChange={setShifted}
      />
      <p className="small muted">
        {streamed} predictions streamed, 20 per second, from {ROWS.length} rows. Only streamed
        predictions are counted; those of the sliders are not.
      </p>
      <p className="small muted">
        The shift acts like a wrongly calibrated instrument. It multiplies {FACTORS}.
      </p>
      {collectorUrl && (
        <p className="row small">
          <a
            href={`${collectorUrl}models/wdbc/drift?window=1h&segment=${segment}`}
            target="_blank"
            rel="noreferrer"
          >
            Drift on the dashboard ↗
          </a>
          <a href={`${collectorUrl}alerts`} target="_blank" rel="noreferrer">
            Alerts ↗
          </a>
        </p>
      )}
    </section>
  );
}
