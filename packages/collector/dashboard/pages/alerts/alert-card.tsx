import { Link } from 'wouter';
import type { AlertView } from '../../../src/api.ts';
import { ago, dateTime } from '../../format.ts';
import { alertAbout } from '../../parts/alert-about.ts';
import { FilterLink } from '../../parts/filter-link.tsx';
import { Responses } from './responses.tsx';

interface Props {
  /** The most urgent alert of a cause. */
  readonly alert: AlertView;
  /** The other alerts with the same cause. */
  readonly related: readonly AlertView[];
}

/** Alerts with one cause: what happened, how bad it is, since when, and who looks after it. */
export function AlertCard({ alert, related }: Props) {
  const { id, severity, state, headline, impact, undecided, openedAt, resolvedAt, since } = alert;
  const tone = state === 'resolved' ? '' : severity === 'page' ? 'bad' : 'warn';
  const path = `/alerts/${encodeURIComponent(id)}`;
  return (
    <article className={`card alert ${tone}`} id={id} aria-label={headline}>
      <div className="row small">
        <span className={`badge ${tone}`}>
          {state === 'resolved' ? (
            'resolved'
          ) : (
            <FilterLink name="severity" value={severity}>
              {severity === 'page' ? 'act now' : 'needs attention'}
            </FilterLink>
          )}
        </span>
        <About alert={alert} />
        <span className="spacer" />
        <time className="muted" dateTime={openedAt} title={dateTime(openedAt)}>
          {resolvedAt === null
            ? `opened ${ago(openedAt)}`
            : `${dateTime(since)} – ${dateTime(resolvedAt)}`}
        </time>
      </div>
      <h2>
        <Link href={path} data-alert={id}>
          {headline}
        </Link>
      </h2>
      {impact !== '' && state === 'open' && <p className="small">{impact}</p>}
      <Responses alert={alert} />
      {undecided !== null && <p className="notice small">{undecidedText(alert)}</p>}
      {related.length > 0 && (
        <details>
          <summary>
            {related.length} more {related.length === 1 ? 'alert' : 'alerts'} with the same cause
          </summary>
          <ul className="plain">
            {related.map((one) => (
              <li key={one.id} id={one.id} className="small">
                <Link href={`/alerts/${encodeURIComponent(one.id)}`}>{one.headline}</Link>
              </li>
            ))}
          </ul>
        </details>
      )}
      {state === 'open' && (
        <p className="small">
          <Link href={path}>
            Cause, command and runbook<span className="visually-hidden"> of this alert</span> →
          </Link>
        </p>
      )}
    </article>
  );
}

/** The subject of the alert; each name is a filter. */
function About({ alert }: Pick<Props, 'alert'>) {
  const { model, version, segment, rule } = alert;
  return (
    <span className="row muted about">
      {model === '' ? <span>{alertAbout(alert)}</span> : <FilterLink name="model" value={model} />}
      {version !== '' && <FilterLink name="version" value={version} />}
      {segment !== '' && <FilterLink name="segment" value={segment} />}
      <FilterLink name="rule" value={rule} />
    </span>
  );
}

/** The alert stays open while the collector cannot decide. */
function undecidedText({ undecided, undecidedSince }: AlertView): string {
  const since = undecidedSince === null ? '' : ` since ${dateTime(undecidedSince)}`;
  return `The collector has not been able to judge this${since}: ${undecided}.`.replace(
    /\.+$/,
    '.',
  );
}
