import { Link } from 'wouter';
import type { DriftAnswer, ModelsAnswer, ModelSummary, VersionSummary } from '../../src/api.ts';
import { useApi } from '../api.ts';
import { ago, count, percent } from '../format.ts';
import { Empty, Notice, Skeleton } from '../parts/states.tsx';

/** Every model and version at a glance. */
export function Overview() {
  const { data, error, loading } = useApi<ModelsAnswer>('/v1/models');
  return (
    <div className="stack">
      <div className="row">
        <h1>Models</h1>
        <span className="spacer" />
        {error && <Notice message={error.message} />}
      </div>
      {loading && !data && [0, 1].map((i) => <Skeleton key={i} height={190} />)}
      {data?.models.length === 0 && (
        <div className="card">
          <Empty title="Nothing was counted yet">
            Give the SDK this collector’s address and predict: <code>{`createPerigee({ registry, telemetry: { url: '${location.origin}/' } })`}</code>
          </Empty>
        </div>
      )}
      {data?.models.map((model) => <ModelCard key={model.name} model={model} />)}
    </div>
  );
}

function ModelCard({ model }: { readonly model: ModelSummary }) {
  const total = model.versions.reduce((sum, { predictions }) => sum + predictions, 0);
  return (
    <section className="card model-card" aria-label={model.name}>
      <div className="row">
        <h2><Link href={`/models/${encodeURIComponent(model.name)}`}>{model.name}</Link></h2>
        <span className="muted small">{count(total)} predictions in {model.versions.length} version{model.versions.length === 1 ? '' : 's'}</span>
      </div>
      <div>
        {model.versions.map((version) => <VersionRow key={version.version} model={model.name} summary={version} total={total} />)}
      </div>
    </section>
  );
}

function VersionRow({ model, summary, total }: { readonly model: string; readonly summary: VersionSummary; readonly total: number }) {
  const { version, predictions, errors, fallbacks, labelled, backends, lastSeen } = summary;
  const to = `/models/${encodeURIComponent(model)}?version=${encodeURIComponent(version)}`;
  const mix = Object.entries(backends).toSorted(([, a], [, b]) => b - a).map(([backend, n]) => `${backend} ${percent(predictions === 0 ? 0 : n / predictions, 0)}`).join(', ');
  return (
    <div className="version">
      <div><Link href={to}><b>{version}</b></Link> <DriftBadge model={model} version={version} hasReference={summary.hasReference} /></div>
      <Cell label="predictions">{count(predictions)} <span>{percent(total === 0 ? 0 : predictions / total, 0)} of all</span></Cell>
      <Cell label="errors">{percent(predictions + errors === 0 ? 0 : errors / (predictions + errors), 2)}</Cell>
      <Cell label="accuracy, labelled">{labelled ? `${percent(labelled.correct / labelled.count)} of ${count(labelled.count)}` : '–'}</Cell>
      <Cell label="backend">{mix}{fallbacks > 0 && ` (${count(fallbacks)} fallbacks)`}</Cell>
      <Cell label="last seen">{ago(lastSeen)}</Cell>
    </div>
  );
}

function Cell({ label, children }: { readonly label: string; readonly children: React.ReactNode }) {
  return <div className="cell"><span>{label}</span><div>{children}</div></div>;
}

function DriftBadge({ model, version, hasReference }: { readonly model: string; readonly version: string; readonly hasReference: boolean }) {
  const { data } = useApi<DriftAnswer>(hasReference ? `/v1/models/${encodeURIComponent(model)}/drift?version=${encodeURIComponent(version)}` : null);
  if (!hasReference) return <span className="badge">no reference</span>;
  if (!data) return <span className="badge">…</span>;
  const drifted = data.features.filter(({ verdict }) => verdict === 'drift').length;
  if (drifted > 0) return <span className="badge bad">{drifted} of {data.features.length} drift</span>;
  return data.features.every(({ verdict }) => verdict === 'too-little-data') ? <span className="badge">too little data</span> : <span className="badge good">stable</span>;
}
