import type { ComparedMetric, CompareAnswer } from '../../../../src/api.ts';
import { seriesColor } from '../../../charts/series-color.ts';
import { scaleOf, Whisker } from '../../../charts/whisker.tsx';
import { count, duration, evidence, rate } from '../../../format.ts';
import { Estimated } from '../../../parts/estimated.tsx';
import { shortfallText } from '../../../parts/shortfall.ts';
import { ComparisonExport } from './comparison-export.tsx';
import { metricName } from './metric-name.ts';
import { SampleRatio } from './sample-ratio.tsx';
import { Verdict } from './verdict.tsx';

interface Props {
  readonly data: CompareAnswer;
  /** Colours of champion and challenger, as indexes of versions. */
  readonly colors: readonly [number, number];
}

/** The verdict, every compared metric, and the share of the sessions. */
export function Comparison({ data, colors }: Props) {
  const { metrics, champion, challenger } = data;
  return (
    <>
      <Verdict data={data} />
      <div className="table-scroll">
        <table className="folding metrics" role="table">
          <caption className="visually-hidden">
            {challenger} compared with {champion}
          </caption>
          <thead role="rowgroup">
            <tr role="row">
              <th role="columnheader" scope="col">
                Metric
              </th>
              <VersionHead name={champion} color={colors[0]} />
              <VersionHead name={challenger} color={colors[1]} />
              <th role="columnheader" scope="col" className="drawn" aria-hidden="true">
                Side by side
              </th>
              <th role="columnheader" scope="col" className="number">
                Evidence of harm
              </th>
            </tr>
          </thead>
          <tbody role="rowgroup">
            {metrics.map((metric) => (
              <MetricRow
                key={metric.name}
                metric={metric}
                names={[champion, challenger]}
                colors={colors}
              />
            ))}
          </tbody>
        </table>
      </div>
      <ComparisonExport data={data} colors={colors} />
      <SampleRatio ratio={data.sampleRatio} challenger={challenger} />
    </>
  );
}

function VersionHead({ name, color }: { readonly name: string; readonly color: number }) {
  return (
    <th role="columnheader" scope="col">
      <i className="swatch" style={{ background: seriesColor(color) }} />
      {name}
    </th>
  );
}

function MetricRow({
  metric,
  names,
  colors,
}: {
  readonly metric: ComparedMetric;
  readonly names: readonly [string, string];
  readonly colors: readonly [number, number];
}) {
  const { unit, champion, challenger, n } = metric;
  const print = unit === 'ms' ? duration : rate;
  const scale = scaleOf([champion, challenger]);
  return (
    <tr role="row">
      <th role="rowheader" scope="row">
        {metricName(metric)}
      </th>
      <td role="cell" data-label={names[0]}>
        <Estimated of={champion} print={print} />
        <small className="muted n">n {count(n.champion)}</small>
      </td>
      <td role="cell" data-label={names[1]}>
        <Estimated of={challenger} print={print} />
        <small className="muted n">n {count(n.challenger)}</small>
      </td>
      <td role="cell" className="drawn" aria-hidden="true">
        <Whisker of={champion} scale={scale} color={seriesColor(colors[0])} />
        <Whisker of={challenger} scale={scale} color={seriesColor(colors[1])} />
      </td>
      <td role="cell" className="number" data-label="Evidence of harm">
        <Evidence of={metric} />
      </td>
    </tr>
  );
}

/** The evidence, or what it still needs. */
function Evidence({ of: { eValue, alarm, shortfall } }: { readonly of: ComparedMetric }) {
  if (shortfall !== null) return <small className="muted">{shortfallText(shortfall)}</small>;
  // Logarithmic scale from 1 to 100: 1 to 10 takes as much space as 10 to 100.
  const filled = Math.min(1, Math.max(0, Math.log10(Math.max(1, eValue)) / 2));
  return (
    <span className="evidence">
      <b className={alarm ? 'bad' : undefined}>
        {evidence(eValue)}
        {alarm && <span className="visually-hidden">, above the alarm line</span>}
      </b>
      <span className="meter" aria-hidden="true">
        <i className={alarm ? 'bad' : ''} style={{ width: `${filled * 100}%` }} />
      </span>
    </span>
  );
}
