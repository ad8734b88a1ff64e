import { useTitle } from '../../../../../ui/use-title.ts';
import { groupByCause } from '../../../src/alerts/same-cause.ts';
import type { AlertsAnswer, AlertView } from '../../../src/api.ts';
import { useApi } from '../../api.ts';
import { byUrgency } from '../../parts/by-urgency.ts';
import { Answer, Empty } from '../../parts/states.tsx';
import { AlertCard } from './alert-card.tsx';

/** All alerts, open ones first. Alerts with one cause are one card. */
export function AlertsPage() {
  const alerts = useApi<AlertsAnswer>('/v1/alerts?state=all');
  useTitle('Alerts');
  return (
    <div className="stack">
      <h1>Alerts</h1>
      <Answer of={alerts} height={300}>
        {({ alerts }) => <All alerts={alerts} />}
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
      <Cards alerts={open} />
      {resolved.length > 0 && (
        <section className="stack" aria-label="Resolved">
          <h2 className="muted">Resolved</h2>
          <Cards alerts={resolved} />
        </section>
      )}
    </>
  );
}

function Cards({ alerts }: AlertsAnswer) {
  return groupByCause<AlertView>(alerts).map(([first, ...more]) => (
    <AlertCard key={first.id} alert={first} related={more} />
  ));
}
