import { useTitle } from '../../../../../ui/use-title.ts';
import { groupByCause } from '../../../src/alerts/same-cause.ts';
import type { AlertsAnswer, AlertView } from '../../../src/api.ts';
import { useApi } from '../../api.ts';
import { byUrgency } from '../../parts/by-urgency.ts';
import { useParameters } from '../../address.ts';
import type { FilterName, Parameters } from '../../address.ts';
import { FilterChips } from '../../parts/filter-chips.tsx';
import { Select } from '../../parts/select.tsx';
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

/** Filters of the list, by properties of an alert. */
const NAMES = [
  'model',
  'version',
  'segment',
  'rule',
  'severity',
] as const satisfies readonly (FilterName & keyof AlertView)[];
const SEVERITIES = [
  { value: 'page', label: 'act now' },
  { value: 'ticket', label: 'needs attention' },
];

function All({ alerts: all }: AlertsAnswer) {
  const parameters = useParameters();
  const alerts = all.filter((alert) =>
    NAMES.every((name) => (parameters.get(name) ?? alert[name]) === alert[name]),
  );
  const open = alerts.filter(({ state }) => state === 'open').toSorted(byUrgency);
  const resolved = alerts.filter(({ state }) => state === 'resolved');
  return (
    <>
      {all.length > 0 && <AlertFilters alerts={all} parameters={parameters} />}
      {open.length === 0 && (
        <div className="card">
          <Empty title={alerts.length < all.length ? 'No open alerts of these' : 'No open alerts'}>
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

function AlertFilters({ alerts, parameters }: AlertsAnswer & { readonly parameters: Parameters }) {
  const optionsOf = (name: 'model' | 'rule') =>
    [...new Set(alerts.map((alert) => alert[name]))]
      .filter((value) => value !== '')
      .toSorted()
      .map((value) => ({ value, label: value }));
  return (
    <div className="filters" role="group" aria-label="Filters">
      <Select
        label="Model"
        value={parameters.get('model')}
        all="All models"
        options={optionsOf('model')}
        onChange={(model) => parameters.set({ model })}
      />
      <Select
        label="Rule"
        value={parameters.get('rule')}
        all="All rules"
        options={optionsOf('rule')}
        onChange={(rule) => parameters.set({ rule })}
      />
      <Select
        label="Severity"
        value={parameters.get('severity')}
        all="Every severity"
        options={SEVERITIES}
        onChange={(severity) => parameters.set({ severity })}
      />
      <FilterChips
        parameters={parameters}
        names={NAMES}
        print={(name, value) =>
          (name === 'severity' && SEVERITIES.find((one) => one.value === value)?.label) || value
        }
      />
    </div>
  );
}
