import { Link } from 'wouter';
import type { AlertsAnswer, ModelHealth, OverviewAnswer, VersionHealth } from '../../src/api.ts';
import { modelPath } from '../address.ts';
import { useApi } from '../api.ts';
import type { Loaded } from '../api.ts';
import { AdoptionBar } from '../charts/adoption-bar.tsx';
import { seriesColor } from '../charts/series-color.ts';
import { Sparkline } from '../charts/sparkline.tsx';
import { ago, count, duration, interval, percent, rate, times } from '../format.ts';
import { alertAbout } from '../parts/alert-about.ts';
import { byUrgency } from '../parts/by-urgency.ts';
import { Estimated } from '../parts/estimated.tsx';
import { StateMark } from '../parts/state-mark.tsx';
import { Answer, Empty } from '../parts/states.tsx';
import { VERDICT_TONE } from '../parts/verdict.ts';
import { useTitle } from '../parts/use-title.ts';

/** A summary of every model and version over the last day. */
export function Overview({ alerts }: { readonly alerts: Loaded<AlertsAnswer> }) {
  const overview = useApi<OverviewAnswer>('/v1/overview');
  useTitle('Models');
  return (
    <div className="stack">
      <div className="row">
        <h1>Models</h1>
        <span className="muted small">the last 24 hours</span>
      </div>
      <OpenAlerts of={alerts} />
      <Answer of={overview} height={420}>
        {({ models, lost }) => (
          <>
            {models.length === 0 && (
              <div className="card">
                <Empty title="Nothing was counted yet">
                  Give the SDK this collector’s address and predict:{' '}
                  <code>{`createPerigee({ registry, telemetry: { url: '${location.origin}/' } })`}</code>
                </Empty>
              </div>
            )}
            {models.map((model) => (
              <ModelCard key={model.name} model={model} />
            ))}
            <Lost counts={lost} />
          </>
        )}
      </Answer>
    </div>
  );
}

/** Limits the list, so that the models are visible without scrolling past alerts. */
const SHOWN = 4;

function OpenAlerts({ of: { data } }: { readonly of: Loaded<AlertsAnswer> }) {
  const told =
    data?.alerts.filter(({ inhibitedBy }) => inhibitedBy === null).toSorted(byUrgency) ?? [];
  if (told.length === 0) return null;
  return (
    <section className="card open-alerts" aria-label="Open alerts">
      <h2 className="visually-hidden">Open alerts</h2>
      <ul className="plain">
        {told.slice(0, SHOWN).map((alert) => (
          <li key={alert.id}>
            <StateMark state={alert.severity === 'page' ? 'bad' : 'warn'} />
            <Link href={`/alerts/${encodeURIComponent(alert.id)}`}>{alert.summary}</Link>
            <span className="muted small">
              {alertAbout(alert)}, {ago(alert.openedAt)}
            </span>
          </li>
        ))}
      </ul>
      {told.length > SHOWN && (
        <p className="small more">
          <Link href="/alerts">{told.length - SHOWN} more open</Link>
        </p>
      )}
    </section>
  );
}

const COLUMNS = [
  'Version',
  'Adoption',
  'Failed sessions',
  'Golden failures',
  'p50',
  'Accuracy',
  'Worst feature',
  'Predictions',
] as const;

function ModelCard({ model: { name, versions } }: { readonly model: ModelHealth }) {
  const total = versions.reduce((sum, { predictions }) => sum + predictions, 0);
  return (
    <section className="card model-card" aria-label={name}>
      <div className="row">
        <h2>
          <Link href={modelPath(name)}>{name}</Link>
        </h2>
        <span className="muted small">
          {count(total)} predictions in {versions.length} version{versions.length === 1 ? '' : 's'}
        </span>
      </div>
      <AdoptionBar
        shares={versions.map(({ version, adoption }) => ({ version, share: adoption }))}
      />
      {/* Explicit roles: the layout for narrow screens removes the table's implicit ones. */}
      <table className="health" role="table">
        <caption className="visually-hidden">Health of the versions of {name}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {COLUMNS.map((column) => (
              <th key={column} role="columnheader" scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {versions.map((version, i) => (
            <VersionRow
              key={version.version}
              model={name}
              health={version}
              color={seriesColor(i)}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function VersionRow({
  model,
  health,
  color,
}: {
  readonly model: string;
  readonly health: VersionHealth;
  readonly color: string;
}) {
  const {
    version,
    state,
    cannotJudge,
    adoption,
    failedSessions,
    goldenFailures,
    p50Ms,
    accuracy,
    worstFeature,
    predictions,
    sparkline,
  } = health;
  const query = `?version=${encodeURIComponent(version)}`;
  const to = (section: string): string => modelPath(model, section) + query;
  const hasNone = state === 'idle' || state === 'cannot-judge';
  return (
    <tr role="row">
      <th role="rowheader" scope="row">
        <Link href={to('drift')}>
          <i className="swatch" style={{ background: color }} />
          {version}
        </Link>
        <StateMark state={state} />
        {cannotJudge !== null && (
          <small className="muted reason">
            {state === 'cannot-judge' ? cannotJudge : `Drift cannot be judged: ${cannotJudge}`}
          </small>
        )}
      </th>
      <td role="cell" data-label="Adoption">
        {percent(adoption, adoption > 0 && adoption < 0.1 ? 1 : 0)}
      </td>
      <td role="cell" data-label="Failed sessions">
        {hasNone ? <None /> : <Estimated of={failedSessions} print={rate} />}
      </td>
      <td role="cell" data-label="Golden failures">
        {goldenFailures === null ? <None /> : <Estimated of={goldenFailures} print={rate} />}
      </td>
      <td role="cell" data-label="p50">
        {p50Ms === null ? (
          <None />
        ) : (
          <Link href={to('latency')} className="plain-link">
            {duration(p50Ms)}
          </Link>
        )}
      </td>
      <td role="cell" data-label="Accuracy">
        {accuracy === null ? (
          <None />
        ) : (
          <Link href={to('performance')} className="plain-link">
            <span className={`accuracy ${accuracy.kind}`}>
              {accuracy.kind === 'estimated' && '≈ '}
              {percent(accuracy.value)}
              <small>{accuracy.kind}</small>
              <small className="range">{interval(accuracy, percent) ?? 'no interval'}</small>
            </span>
          </Link>
        )}
      </td>
      <td role="cell" data-label="Worst feature">
        {worstFeature === null || worstFeature.ratio < NOTABLE ? (
          <None />
        ) : (
          <WorstFeature
            {...worstFeature}
            href={`${to('drift')}&feature=${encodeURIComponent(worstFeature.name)}`}
          />
        )}
      </td>
      <td role="cell" data-label="Predictions">
        <span className="trend">
          <Sparkline
            values={sparkline}
            color={color}
            label={`Predictions of ${version} an hour over the last day`}
          />
          {state === 'cannot-judge' ? <None /> : <span>{count(predictions)}</span>}
        </span>
      </td>
    </tr>
  );
}

/** Features below this fraction of their threshold are not shown. */
const NOTABLE = 0.05;

function None() {
  return <span className="muted">–</span>;
}

function WorstFeature({
  name,
  ratio,
  verdict,
  href,
}: NonNullable<VersionHealth['worstFeature']> & { readonly href: string }) {
  return (
    <Link href={href} className="plain-link worst">
      <span className="feature-name" title={name}>
        {name}
      </span>
      <small className={VERDICT_TONE[verdict] === 'good' ? '' : VERDICT_TONE[verdict]}>
        {times(ratio)} threshold{verdict === 'unsure' && ', not certain'}
      </small>
    </Link>
  );
}

/**
 * Profiles lost on devices. In small print, because it concerns the telemetry rather than a model.
 */
function Lost({ counts }: { readonly counts: OverviewAnswer['lost'] }) {
  const reasons = Object.entries(counts)
    .filter(([, n]) => n > 0)
    .toSorted(([, a], [, b]) => b - a);
  return (
    <p className="muted small lost">
      {reasons.length === 0
        ? 'No device reported a profile lost.'
        : 'Lost on devices before they could be delivered: ' +
          `${reasons.map(([reason, n]) => `${count(n)} ${reason.replaceAll('-', ' ')}`).join(', ')}.`}
    </p>
  );
}
