import { useTitle } from '../../../../../ui/use-title.ts';
import type { AlertsAnswer, OverviewAnswer } from '../../../src/api.ts';
import { useParameters } from '../../address.ts';
import { useApi } from '../../api.ts';
import type { Loaded } from '../../api.ts';
import { count } from '../../format.ts';
import { Answer, Empty, Skeleton } from '../../parts/states.tsx';
import { ModelCard } from './model-card.tsx';
import { OpenAlerts } from './open-alerts.tsx';

/** A summary of every model and version over the last day. */
export function Overview({ alerts }: { readonly alerts: Loaded<AlertsAnswer> }) {
  const overview = useApi<OverviewAnswer>('/v1/overview');
  useTitle('Models');
  // Both answers are shown at once: one of them alone would push the other down.
  const isLoading = [alerts, overview].some(
    ({ data, error }) => data === undefined && error === undefined,
  );
  return (
    <div className="stack">
      <div className="row">
        <h1>Models</h1>
        <span className="muted small">last 24 hours</span>
      </div>
      {isLoading ? (
        <Skeleton height={900} />
      ) : (
        <>
          <OpenAlerts of={alerts} />
          <Answer of={overview} height={900}>
            {(data) => <Models overview={data} />}
          </Answer>
        </>
      )}
    </div>
  );
}

/** From this number of models on they can be filtered by name. */
const MANY = 3;

function Models({ overview: { models, lost, from, to } }: { readonly overview: OverviewAnswer }) {
  const parameters = useParameters();
  const part = parameters.get('name') ?? '';
  const shown = models.filter(({ name }) => name.toLowerCase().includes(part.toLowerCase()));
  return (
    <>
      {models.length === 0 && <NoModels />}
      {models.length >= MANY && (
        <div className="filters" role="group" aria-label="Filters">
          <label className="select">
            <span>Name contains</span>
            <input
              className="button"
              type="search"
              value={part}
              onChange={({ target }) => parameters.set({ name: target.value || undefined }, true)}
            />
          </label>
        </div>
      )}
      {shown.map((model) => (
        <ModelCard key={model.name} model={model} from={from} to={to} />
      ))}
      <Lost counts={lost} />
    </>
  );
}

function NoModels() {
  return (
    <div className="card">
      <Empty title="No data yet">
        Give the SDK the address of this collector, then make a prediction:{' '}
        <code>{`createPerigee({ registry, telemetry: { url: '${location.origin}/' } })`}</code>
      </Empty>
    </div>
  );
}

/**
 * Profiles lost on devices. In small print, because it concerns the telemetry rather than a model.
 */
function Lost({ counts }: { readonly counts: OverviewAnswer['lost'] }) {
  const reasons = Object.entries(counts)
    .filter(([, n]) => n > 0)
    .toSorted(([, a], [, b]) => b - a)
    .map(([reason, n]) => `${count(n)} ${reason.replaceAll('-', ' ')}`);
  return (
    <p className="muted small lost">
      {reasons.length === 0
        ? 'No device reported lost profiles.'
        : `Profiles that devices lost before delivery: ${reasons.join(', ')}.`}
    </p>
  );
}
