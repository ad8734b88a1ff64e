import { Link } from 'wouter';
import type { AlertView } from '../../../src/api.ts';
import { scaleOf, Whisker } from '../../charts/whisker.tsx';
import { ago, count, dateTime } from '../../format.ts';
import { alertAbout } from '../../parts/alert-about.ts';
import { alertPage } from '../../parts/alert-page.ts';
import { AffectedSubjects, Contributions } from './alert-subjects.tsx';
import { EffectText } from './effect-text.tsx';

interface Props {
  readonly alert: AlertView;
  /** Alerts that this one explains. */
  readonly inhibited: readonly AlertView[];
  /** Shows all details expanded. */
  readonly whole?: boolean;
}

/**
 * One alert: the finding, its effect against the threshold, and links to the pages that show it.
 */
export function AlertCard({ alert, inhibited, whole = false }: Props) {
  const { id, rule, model, severity, state, undecided } = alert;
  const tone = state === 'resolved' ? '' : severity === 'page' ? 'bad' : 'warn';
  return (
    <article className={`card alert ${tone}`} id={id} aria-label={alert.summary}>
      <Head alert={alert} tone={tone} />
      <Finding alert={alert} />
      {undecided !== null && <p className="notice small">{undecidedText(alert)}</p>}
      {rule !== 'cannot-judge' && <Effect alert={alert} tone={tone} />}
      <Contributions alert={alert} />
      <AffectedSubjects alert={alert} />
      {model !== '' && (
        <p className="small">
          <Link href={alertPage(alert)}>Show on the page of {model} →</Link>
        </p>
      )}
      {inhibited.length > 0 && <Related alerts={inhibited} isOpen={whole} />}
    </article>
  );
}

/** Severity, rule and time. */
function Head({ alert, tone }: { readonly alert: AlertView; readonly tone: string }) {
  const { id, rule, severity, state, openedAt, resolvedAt, since } = alert;
  return (
    <div className="row small">
      <span className={`badge ${tone}`}>
        {state === 'resolved' ? 'resolved' : severity === 'page' ? 'act now' : 'needs attention'}
      </span>
      <span className="muted">{rule}</span>
      <span className="spacer" />
      <Link href={`/alerts/${encodeURIComponent(id)}`} className="muted">
        <time dateTime={openedAt} title={dateTime(openedAt)}>
          {state === 'resolved' && resolvedAt !== null
            ? `${dateTime(openedAt)} – ${dateTime(resolvedAt)}`
            : `opened ${ago(openedAt)}`}
        </time>
        , first bad hour {dateTime(since)}
        <span className="visually-hidden">, link to this alert</span>
      </Link>
    </div>
  );
}

function Finding({ alert }: Pick<Props, 'alert'>) {
  const { summary, version, firstVersionSeen, devices } = alert;
  const facts = [
    alertAbout(alert),
    ...(firstVersionSeen === version ? [] : [`first seen with ${firstVersionSeen}`]),
    ...(devices > 0 ? [`${count(devices)} device-hours`] : []),
  ];
  return (
    <div>
      <h2>
        <Link href={alertPage(alert)}>{summary}</Link>
      </h2>
      <p className="small muted">{facts.join('; ')}</p>
    </div>
  );
}

function Effect({ alert, tone }: { readonly alert: AlertView; readonly tone: string }) {
  const { effect } = alert;
  return (
    <div className="effect">
      <Whisker
        of={effect}
        scale={scaleOf([effect], [effect.threshold])}
        threshold={effect.threshold}
        color={tone === '' ? 'var(--muted)' : `var(--${tone})`}
      />
      <p className="small">
        <EffectText alert={alert} />
      </p>
    </div>
  );
}

function Related({
  alerts,
  isOpen,
}: {
  readonly alerts: readonly AlertView[];
  readonly isOpen: boolean;
}) {
  return (
    <details open={isOpen}>
      <summary>
        {alerts.length} related {alerts.length === 1 ? 'alert' : 'alerts'}, without a notification
      </summary>
      <ul className="plain">
        {alerts.map((alert) => (
          <li key={alert.id} id={alert.id} className="small">
            <Link href={alertPage(alert)}>{alert.summary}</Link> <EffectText alert={alert} />
          </li>
        ))}
      </ul>
    </details>
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
