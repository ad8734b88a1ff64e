import { Link } from 'wouter';
import { groupByCause } from '../../../src/alerts/same-cause.ts';
import type { AlertsAnswer, AlertView } from '../../../src/api.ts';
import type { Loaded } from '../../api.ts';
import { ago } from '../../format.ts';
import { alertAbout } from '../../parts/alert-about.ts';
import { byUrgency } from '../../parts/by-urgency.ts';
import { StateMark } from '../../parts/state-mark.tsx';

/** Limits the list, so that the models are visible without scrolling past alerts. */
const SHOWN = 4;

/** The most urgent alerts, one for each cause. */
export function OpenAlerts({ of: { data } }: { readonly of: Loaded<AlertsAnswer> }) {
  const open = groupByCause<AlertView>(data?.alerts.toSorted(byUrgency) ?? []);
  if (open.length === 0) return null;
  const hidden = open.length - SHOWN;
  return (
    <section className="card open-alerts" aria-label="Open alerts">
      <h2 className="visually-hidden">Open alerts</h2>
      <ul className="plain">
        {open.slice(0, SHOWN).map(([alert, ...more]) => (
          <li key={alert.id}>
            <StateMark state={alert.severity === 'page' ? 'bad' : 'warn'} />
            <Link href={`/alerts/${encodeURIComponent(alert.id)}`} data-alert={alert.id}>
              {alert.headline}
            </Link>
            <span className="muted small">
              {alertAbout(alert)}, {ago(alert.openedAt)}
              {more.length > 0 && `, ${more.length} more with this cause`}
              {alert.acknowledged !== null && `, ${alert.acknowledged.by} looks after it`}
            </span>
          </li>
        ))}
      </ul>
      {hidden > 0 && (
        <p className="small more">
          <Link href="/alerts">
            {hidden} more open {hidden === 1 ? 'alert' : 'alerts'}
          </Link>
        </p>
      )}
    </section>
  );
}
