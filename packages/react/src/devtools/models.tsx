import { useCallback } from 'react';
import type { ReactElement } from 'react';
import type { ModelState } from '@perigee/bindings';
import { useBindings, usePerigee } from '../provider.ts';
import { bytes, ms, Table } from './table.tsx';
import { useAction } from './use-action.tsx';
import type { Act } from './use-action.tsx';
import { usePolled } from './use-polled.ts';

/** The models of the app's components, and the versions on this device. */
export function Models(): ReactElement {
  const perigee = usePerigee();
  const { models } = useBindings();
  const [stored] = usePolled(useCallback(() => perigee.models(), [perigee]));
  const [act, message] = useAction();
  return (
    <>
      {message}
      {models.size === 0 && <p>No component has asked for a model.</p>}
      {[...models].map(([key, store]) => (
        // Snapshots are read with each poll. A subscription would keep a model loaded.
        <LoadedModel key={key} asked={key} state={store.getSnapshot()} act={act} />
      ))}
      <h2>Versions on this device</h2>
      <Table
        label="Versions on this device"
        none="None."
        head={['model', 'version', 'variant', 'state', 'size', 'loaded', 'reason']}
        rows={(stored ?? []).map((one) => [
          one.name,
          one.version,
          one.variant,
          one.rolledBack ? 'rolled back' : one.state,
          bytes(one.sizeBytes),
          one.loaded.map(({ ref, backend, state }) => `${ref} (${backend}, ${state})`).join(', '),
          one.reason,
        ])}
      />
    </>
  );
}

/** The arguments of a `useModel()` call. */
interface Asked {
  readonly source: string;
  readonly options: object;
}

interface Props {
  /** An `Asked` as JSON. */
  readonly asked: string;
  readonly state: ModelState;
  readonly act: Act;
}

function LoadedModel({ asked, state, act }: Props): ReactElement {
  const { data: model, status, error, progress, version, updateAvailable } = state;
  const { source, options } = JSON.parse(asked) as Asked;
  const isPlain = Object.keys(options).length === 0;
  return (
    <article>
      <h2>
        {source} {version} <small>{state.isFetching ? 'loading' : status}</small>
      </h2>
      {!isPlain && <code>{JSON.stringify(options)}</code>}
      {state.isFetching && <progress value={progress} aria-label={`Loading ${source}`} />}
      {error && <p role="alert">{error.message}</p>}
      {model && (
        <>
          <p>
            {model.backend}, {model.engine} engine, {model.threads}{' '}
            {model.threads === 1 ? 'thread' : 'threads'}, loaded in {ms(model.loadTiming.totalMs)}
          </p>
          <div className="actions">
            <button
              type="button"
              onClick={() =>
                act(`Check ${source}`, async () => checked(await model.checkForUpdate()))
              }
            >
              Check for update
            </button>
            <button type="button" onClick={() => act(`Update ${source}`, state.update)}>
              {updateAvailable ? `Update to ${updateAvailable}` : 'Force update'}
            </button>
            <button
              type="button"
              onClick={() => act(`Roll back ${source}`, () => model.rollback('by the devtools'))}
            >
              Roll back
            </button>
          </div>
          <Table
            label={`Trials of ${source}`}
            none="No backend was tried."
            head={[
              'backend',
              'engine',
              'verdict',
              'median',
              'opened in',
              'largest error',
              'reason',
            ]}
            rows={model.trials.map((trial) => [
              trial.backend,
              trial.engine,
              trial.verdict,
              ms(trial.medianMs),
              ms(trial.openMs),
              trial.maxError?.toExponential(1),
              trial.reason,
            ])}
          />
        </>
      )}
    </article>
  );
}

function checked({
  available,
  latest,
  reason,
  downloadBytes,
}: Awaited<ReturnType<NonNullable<ModelState['data']>['checkForUpdate']>>): string {
  return available
    ? `${latest} is available, ${bytes(downloadBytes)} to download (${reason})`
    : `nothing newer (${reason})`;
}
