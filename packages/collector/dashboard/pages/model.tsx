import { Link } from 'wouter';
import type { LatencyAnswer, ModelsAnswer, TimelineAnswer } from '../../src/api.ts';
import { useApi } from '../api.ts';
import { LatencyRanges } from '../charts/latency-ranges.tsx';
import { TimeSeries } from '../charts/time-series.tsx';
import { count, percent } from '../format.ts';
import { Segments } from '../parts/segments.tsx';
import { Empty, Notice, Skeleton } from '../parts/states.tsx';
import { useParameters, WINDOWS, windowStart } from '../windows.ts';
import { Drift } from './drift.tsx';

/** One model: how much, how fast, how different from what it was trained on. */
export function ModelPage({ name }: { readonly name: string; readonly section: string | undefined }) {
  const parameters = useParameters();
  const { data, error } = useApi<ModelsAnswer>('/v1/models');
  const model = data?.models.find((one) => one.name === name);
  const version = parameters.get('version') ?? model?.versions.toSorted((a, b) => b.predictions - a.predictions)[0]?.version;
  const windowId = WINDOWS.find(({ id }) => id === parameters.get('window'))?.id ?? '24h';
  const from = windowStart(windowId);
  const summary = model?.versions.find((one) => one.version === version);
  const base = `/v1/models/${encodeURIComponent(name)}`;
  const query = `from=${from}${version === undefined ? '' : `&version=${encodeURIComponent(version)}`}`;
  const timeline = useApi<TimelineAnswer>(`${base}/timeline?from=${from}`);
  const latency = useApi<LatencyAnswer>(version === undefined ? null : `${base}/latency?${query}`);

  return (
    <div className="stack">
      <div className="stack" style={{ gap: 12 }}>
        <Link href="/" className="small">← Models</Link>
        <div className="row">
          <h1>{name}</h1>
          {model && (
            <label className="row small muted">
              version
              <select className="button" value={version} onChange={(event) => parameters.set({ version: event.target.value })}>
                {model.versions.map((one) => <option key={one.version}>{one.version}</option>)}
              </select>
            </label>
          )}
          <span className="spacer" />
          <Segments label="Time window" options={WINDOWS} value={windowId} onChange={(window) => parameters.set({ window })} />
        </div>
        {error && <Notice message={error.message} />}
      </div>

      {data && !model && <div className="card"><Empty title={`Nothing was counted for ${name}`}>It appears here with its first upload.</Empty></div>}
      {summary && (
        <section className="card tiles" aria-label="All time">
          <Tile label="predictions" value={count(summary.predictions)} />
          <Tile label="errors" value={count(summary.errors)} />
          <Tile label="fallbacks" value={count(summary.fallbacks)} />
          <Tile label="labelled accuracy" value={summary.labelled ? percent(summary.labelled.correct / summary.labelled.count) : '–'} />
          <Tile label="profiles" value={count(summary.profiles)} />
        </section>
      )}

      {version !== undefined && <Drift model={name} version={version} from={from} selected={parameters.get('feature')} onSelect={(feature) => parameters.set({ feature })} />}

      <section className="card stack" aria-label="Predictions over time">
        <h2>Predictions over time</h2>
        {!timeline.data ? <Skeleton height={254} /> : timeline.data.points.length === 0 ? <Empty title="None in this window">Choose a longer one above.</Empty> : <TimeSeries points={timeline.data.points} from={timeline.data.from} to={timeline.data.to} />}
      </section>

      <section className="card stack" aria-label="Latency by backend">
        <div className="row"><h2>Latency by backend</h2><span className="muted small">dot p50, dark p90, pale p99; logarithmic</span></div>
        {!latency.data ? <Skeleton height={160} /> : latency.data.rows.length === 0 ? <Empty title="None in this window">Choose a longer one above.</Empty> : <LatencyRanges rows={latency.data.rows} />}
      </section>
    </div>
  );
}

function Tile({ label, value }: { readonly label: string; readonly value: string }) {
  return <div className="tile"><span>{label}</span><b>{value}</b></div>;
}
