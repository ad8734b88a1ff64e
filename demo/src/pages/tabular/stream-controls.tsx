import { collectorUrl } from '../../collector.ts';
import { segment } from '../../perigee.ts';
import type { DataSet } from './data/data-set.ts';
import { Switch } from './switch.tsx';
import type { Explorer } from './use-explorer.ts';

interface Props {
  readonly dataSet: DataSet;
  readonly explorer: Explorer;
}

/** Streams rows to the model, so that the dashboard has predictions to compare. */
export function StreamControls({ dataSet, explorer }: Props) {
  const { name, shift, rows, features, things } = dataSet;
  const { isStreaming, isShifted, streamed, setStreaming, setShifted } = explorer;
  const factors = Object.entries(shift).map(([feature, factor]) => {
    const label = features.find((each) => each.name === feature)?.label ?? feature;
    return `${label.toLowerCase()} by ${factor}`;
  });
  return (
    <section className="card stack stream" aria-label="Stream">
      <h2>See drift on the dashboard</h2>
      <Switch
        label={`Stream ${things} of the data set`}
        testId="stream-switch"
        checked={isStreaming}
        onChange={setStreaming}
      />
      <Switch
        label={`Shift ${factors.length} measurements`}
        testId="shift-switch"
        checked={isShifted}
        onChange={setShifted}
      />
      <p className="small muted">
        {streamed} predictions streamed, 20 a second, from {rows.length} {things}. Only these are
        counted. What you try with the sliders is not.
      </p>
      <p className="small muted">
        The shift acts like a wrongly calibrated instrument. It multiplies {factors.join(', ')}.
      </p>
      {collectorUrl && (
        <p className="row small">
          <a
            href={`${collectorUrl}models/${name}/drift?window=1h&segment=${segment}`}
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
