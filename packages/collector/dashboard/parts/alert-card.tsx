import { Link } from 'wouter';
import type { AlertView } from '../../src/api.ts';
import { scaleOf, Whisker } from '../charts/whisker.tsx';
import {
  ago,
  count,
  dateTime,
  duration,
  interval,
  percent,
  rate,
  score,
  times,
} from '../format.ts';
import { alertAbout } from './alert-about.ts';
import { alertPage } from './alert-page.ts';

const PRINT: Readonly<Record<AlertView['effect']['unit'], (value: number) => string>> = {
  distance: score,
  share: rate,
  ms: duration,
  ratio: times,
};

/**
 * Label of the baseline for rules that compare with the previous version or with the rollout's
 * share.
 */
const AGAINST: Readonly<Record<string, string>> = {
  'error-rate': 'champion',
  'golden-failures': 'champion',
  'fallback-rate': 'champion',
  'sample-ratio': 'expected',
};
/** Maximum number of subjects that are listed by name. */
const MANY = 6;

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
  const { id, severity, state, effect, topFeatures, subjects } = alert;
  const tone = state === 'resolved' ? '' : severity === 'page' ? 'bad' : 'warn';
  return (
    <article className={`card alert ${tone}`} id={id} aria-label={alert.summary}>
      <div className="row small">
        <span className={`badge ${tone}`}>
          {state === 'resolved' ? 'resolved' : severity === 'page' ? 'act now' : 'needs a look'}
        </span>
        <span className="muted">{alert.rule}</span>
        <span className="spacer" />
        <Link href={`/alerts/${encodeURIComponent(id)}`} className="muted">
          <time dateTime={alert.openedAt} title={dateTime(alert.openedAt)}>
            {state === 'resolved' && alert.resolvedAt !== null
              ? `${dateTime(alert.openedAt)} – ${dateTime(alert.resolvedAt)}`
              : `opened ${ago(alert.openedAt)}`}
          </time>
          , bad since the hour of {dateTime(alert.since)}
          <span className="visually-hidden">, link to this alert</span>
        </Link>
      </div>
      <div>
        <h2>
          <Link href={alertPage(alert)}>{alert.summary}</Link>
        </h2>
        <p className="small muted">
          {alertAbout(alert)}
          {alert.firstVersionSeen !== alert.version &&
            `; first seen with ${alert.firstVersionSeen}`}
          {alert.devices > 0 && `; ${count(alert.devices)} device-hours`}
        </p>
      </div>
      {alert.undecided !== null && <p className="notice small">{undecidedText(alert)}</p>}
      {alert.rule !== 'cannot-judge' && (
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
      )}
      {topFeatures.length > 0 && (
        <ul className="contributions" aria-label="Features by contribution">
          <li className="muted small" aria-hidden="true">
            <span>contribution</span>
          </li>
          {topFeatures.slice(0, 5).map(({ name, contribution }) => (
            <li key={name}>
              <Link href={alertPage(alert, name)}>{name}</Link>
              <span className="meter" aria-hidden="true">
                <i style={{ width: `${contribution * 100}%` }} />
              </span>
              <span className="muted">{percent(contribution, 0)}</span>
            </li>
          ))}
        </ul>
      )}
      {subjects.length > 1 &&
        subjects.some((subject) => topFeatures.every(({ name }) => name !== subject)) && (
          <p className="small muted">
            About {subjects.slice(0, MANY).join(', ')}
            {subjects.length > MANY && ` and ${subjects.length - MANY} more`}.
          </p>
        )}
      {alert.model !== '' && (
        <p className="small">
          <Link href={alertPage(alert)}>See it on the model’s page →</Link>
        </p>
      )}
      {inhibited.length > 0 && (
        <details open={whole}>
          <summary>
            {inhibited.length} more {inhibited.length === 1 ? 'alert says' : 'alerts say'} the same;
            nobody was told twice
          </summary>
          <ul className="plain">
            {inhibited.map((other) => (
              <li key={other.id} id={other.id} className="small">
                <Link href={alertPage(other)}>{other.summary}</Link> <EffectText alert={other} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </article>
  );
}

/** It stays open while the collector cannot tell. */
function undecidedText({ undecided, undecidedSince }: AlertView): string {
  const since = undecidedSince === null ? '' : ` since ${dateTime(undecidedSince)}`;
  return `Could not be judged${since}: ${undecided}.`.replace(/\.+$/, '.');
}

/**
 * The effect, its interval and its threshold. An effect below its threshold fell; one above it
 * rose.
 */
function EffectText({ alert: { rule, effect } }: Pick<Props, 'alert'>) {
  const print = PRINT[effect.unit];
  const sure = effect.low === effect.high ? undefined : interval(effect, print);
  const line = AGAINST[rule] ?? (effect.value < effect.threshold ? 'alert below' : 'alert from');
  return (
    <>
      <b>{print(effect.value)}</b>{' '}
      <span className="muted">
        {sure === undefined ? '' : `(${sure})`}, {line} {print(effect.threshold)}
      </span>
    </>
  );
}
