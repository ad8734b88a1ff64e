import { Link } from 'wouter';
import { useTitle } from '../../../../../ui/use-title.ts';
import type { AlertsAnswer, AlertView } from '../../../src/api.ts';
import { useApi } from '../../api.ts';
import { byUrgency } from '../../parts/by-urgency.ts';
import { Answer, Empty } from '../../parts/states.tsx';
import { AlertCard } from './alert-card.tsx';

/** All alerts, open ones first, or the alert in the address. */
export function AlertsPage({ id }: { readonly id: string | undefined }) {
  const alerts = useApi<AlertsAnswer>('/v1/alerts?state=all');
  useTitle(id === undefined ? 'Alerts' : `Alert ${id}`);
  return (
    <div className="stack">
      {id !== undefined && (
        <Link href="/alerts" className="small">
          ← All alerts
        </Link>
      )}
      <h1>{id === undefined ? 'Alerts' : 'Alert'}</h1>
      <Answer of={alerts} height={300}>
        {({ alerts }) =>
          id === undefined ? <All alerts={alerts} /> : <One id={id} alerts={alerts} />
        }
      </Answer>
    </div>
  );
}

function All({ alerts }: AlertsAnswer) {
  const open = alerts.filter(({ state }) => state === 'open').toSorted(byUrgency);
  const resolved = alerts.filter(({ state }) => state === 'resolved');
  return (
    <>
      {open.length === 0 && (
        <div className="card">
          <Empty title="No open alerts">
            An alert opens when an effect exceeds its threshold and is statistically significant, on
            enough devices, in two of three windows. The rules file can change these numbers.
          </Empty>
        </div>
      )}
      <List alerts={open} all={alerts} />
      {resolved.length > 0 && (
        <section className="stack" aria-label="Resolved">
          <h2 className="muted">Resolved</h2>
          <List alerts={resolved} all={alerts} />
        </section>
      )}
    </>
  );
}

/**
 * Shows alerts with the alerts they inhibit. An alert whose inhibitor is not in the list is shown
 * separately.
 */
function List({
  alerts,
  all,
}: {
  readonly alerts: readonly AlertView[];
  readonly all: readonly AlertView[];
}) {
  const own = alerts.filter(
    ({ inhibitedBy }) => inhibitedBy === null || !alerts.some(({ id }) => id === inhibitedBy),
  );
  return own.map((alert) => (
    <AlertCard
      key={alert.id}
      alert={alert}
      inhibited={all.filter(
        ({ inhibitedBy, state }) => inhibitedBy === alert.id && state === alert.state,
      )}
    />
  ));
}

function One({ id, alerts }: AlertsAnswer & { readonly id: string }) {
  const alert = alerts.find((one) => one.id === id);
  if (!alert)
    return (
      <div className="card">
        <Empty title="Alert not found">
          The collector deletes old alerts, and may have deleted this one.
        </Empty>
      </div>
    );
  return (
    <>
      {alert.inhibitedBy !== null && (
        <p className="notice">
          No notification was sent for this alert, because{' '}
          <Link href={`/alerts/${encodeURIComponent(alert.inhibitedBy)}`}>another alert</Link>{' '}
          covers it.
        </p>
      )}
      <AlertCard
        alert={alert}
        inhibited={alerts.filter(({ inhibitedBy }) => inhibitedBy === id)}
        whole
      />
    </>
  );
}
