import { useEffect, useState } from 'react';
import type { Model, StorageReport, TelemetryStatus } from 'perigee';
import { AnyModel } from '../any-model/any-model.tsx';
import { useOnline } from '../offline.ts';
import { collectorUrl, perigee } from '../perigee.ts';
import { useModel } from '../use-model.ts';
import { bytes } from '../bytes.ts';
import { Trials } from '../parts/trials.tsx';

export function ModelPage() {
  const { model, error, progress } = useModel('digits');
  const [, redraw] = useState(0);
  return (
    <div className="stack">
      <div className="intro">
        <h1>On this device</h1>
        <p className="muted">
          What is loaded, where it runs and why, what it takes, and what will be told.
        </p>
      </div>
      {error && (
        <p className="badge bad" role="alert">
          {error.message}
        </p>
      )}
      <div className="cards">
        <Loaded model={model} progress={progress} onChange={() => redraw((n) => n + 1)} />
        <Storage />
        <Telemetry />
        <Offline />
      </div>
      <AnyModel />
    </div>
  );
}

function Loaded({
  model,
  progress,
  onChange,
}: {
  readonly model: Model | undefined;
  readonly progress: number;
  readonly onChange: () => void;
}) {
  const [update, setUpdate] = useState<number>();
  const [said, setSaid] = useState('');

  async function run(): Promise<void> {
    if (!model) return;
    setUpdate(0);
    try {
      const before = model.version;
      const version = await model.update({ onProgress: ({ fraction }) => setUpdate(fraction) });
      setSaid(
        version === before
          ? `${version} is the newest of channel stable.`
          : `Now on ${version}, verified and trialled on this device.`,
      );
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
    }
    setUpdate(undefined);
    onChange();
  }

  const isolationNote =
    model?.threads === 1 && !crossOriginIsolated
      ? ': this page is not cross-origin isolated (COOP and COEP headers)'
      : '';
  return (
    <section className="card stack" aria-label="Model">
      <h2>digits</h2>
      <dl className="pairs">
        <Pair name="version">
          <b data-testid="version">{model?.version ?? '…'}</b>
        </Pair>
        <Pair name="variant">{model?.variant ?? '…'}</Pair>
        <Pair name="backend">
          <span data-testid="backend">{model?.backend ?? '…'}</span>
          {model && <span className="muted">, {model.engine} engine</span>}
        </Pair>
        <Pair name="takes">{model?.signature.inputs.map(tensorText).join('; ') ?? '…'}</Pair>
        <Pair name="gives">{model?.signature.outputs.map(tensorText).join('; ') ?? '…'}</Pair>
        <Pair name="threads">{model ? `${model.threads}${isolationNote}` : '…'}</Pair>
        <Pair name="loaded in">
          {model
            ? `${model.loadTiming.totalMs.toFixed(0)} ms ` +
              `(${model.loadTiming.readMs.toFixed(0)} ms reading, ` +
              `${model.loadTiming.createMs.toFixed(0)} ms compiling)`
            : '…'}
        </Pair>
      </dl>
      {model && model.trials.length > 0 && <Trials model={model} />}
      <div className="row">
        <button
          type="button"
          className="button primary"
          data-testid="update-button"
          disabled={!model || update !== undefined}
          onClick={() => void run()}
        >
          Check and update
        </button>
        <progress
          value={update ?? (model ? 0 : progress)}
          max={1}
          aria-label="Update"
          style={{ visibility: update === undefined && model ? 'hidden' : 'visible' }}
        />
      </div>
      <p className="small muted line" role="status">
        {said ||
          'Publish or promote a version (perigee promote digits@1.1.0 --to ' +
            '.perigee/registry) and it is fetched, checked and switched to.'}
      </p>
    </section>
  );
}

function Storage() {
  const [report, setReport] = useState<StorageReport>();
  const refresh = (): void => void perigee.storage.report().then(setReport);
  useEffect(() => {
    refresh();
    const timer = setInterval(refresh, 2_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <section className="card stack" aria-label="Storage">
      <h2>Stored</h2>
      <p>
        <b data-testid="stored-bytes">{report ? bytes(report.chunkBytes) : '…'}</b>{' '}
        <span className="muted">
          in {report?.kind ?? '…'}, every chunk checked against its digest
        </span>
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">model</th>
            <th scope="col">state</th>
            <th scope="col" className="number">
              size
            </th>
          </tr>
        </thead>
        <tbody>
          {(report?.models ?? []).map(({ name, version, state, sizeBytes }) => (
            <tr key={`${name} ${version}`}>
              <td>
                {name} {version}
              </td>
              <td>{state}</td>
              <td className="number">{bytes(sizeBytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="row">
        <button
          type="button"
          className="button"
          onClick={() => void perigee.remove('digits').then(refresh)}
        >
          Remove digits from this device
        </button>
      </div>
    </section>
  );
}

function Telemetry() {
  const [status, setStatus] = useState<TelemetryStatus>();
  const [preview, setPreview] = useState('');
  useEffect(() => {
    const refresh = (): void => void perigee.telemetry.status().then(setStatus);
    refresh();
    const timer = setInterval(refresh, 1_000);
    const stop = perigee.on('telemetry', setStatus);
    return () => {
      clearInterval(timer);
      stop();
    };
  }, []);
  if (!collectorUrl)
    return (
      <section className="card stack" aria-label="Telemetry">
        <h2>Telemetry</h2>
        <p className="muted">Off: no collector is set, so nothing is counted or sent.</p>
      </section>
    );
  return (
    <section className="card stack" aria-label="Telemetry">
      <h2>Telemetry</h2>
      <div className="tiles">
        <div className="tile">
          <span>waiting</span>
          <b data-testid="telemetry-queued">{status?.queued ?? 0}</b>
        </div>
        <div className="tile">
          <span>sent</span>
          <b data-testid="telemetry-sent">{status?.sent ?? 0}</b>
        </div>
        <div className="tile">
          <span>lost</span>
          <b>{status?.lost ?? 0}</b>
        </div>
      </div>
      <div className="row">
        <button
          type="button"
          className="button"
          onClick={() => void perigee.telemetry.flush().then(setStatus)}
        >
          Send now
        </button>
        <button
          type="button"
          className="button"
          onClick={() =>
            void perigee.telemetry
              .preview()
              .then((next) => setPreview(JSON.stringify(next, null, 1)))
          }
        >
          Show what is sent
        </button>
      </div>
      {preview && (
        <pre className="preview" tabIndex={0}>
          {preview}
        </pre>
      )}
    </section>
  );
}

function Offline() {
  const online = useOnline();
  const [ready, setReady] = useState(false);
  useEffect(() => void navigator.serviceWorker?.ready.then(() => setReady(true)), []);
  return (
    <section className="card stack" aria-label="Offline">
      <h2>Offline</h2>
      <div className="row">
        {ready ? (
          <span className="badge good" data-testid="offline-ready">
            ready to work offline
          </span>
        ) : (
          <span className="badge">preparing for offline</span>
        )}
        <span className={`badge ${online ? '' : 'warn'}`}>{online ? 'online' : 'offline'}</span>
      </div>
      <p className="small muted">
        Switch your network off (or, in the developer tools, Network ▸ Offline) and reload: the page
        comes from the service worker, the model from IndexedDB, and what is counted waits until the
        network is back.
      </p>
    </section>
  );
}

function tensorText({ name, dtype, shape }: Model['signature']['inputs'][number]): string {
  return `${name}: ${dtype} [${shape.map((size) => size ?? '?').join(', ')}]`;
}

function Pair({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
