import { useState } from 'react';
import { bytes } from '../bytes.ts';
import { REF, tryTamperedHost, useDevice } from '../device.ts';
import type { Device } from '../device.ts';

const SHOWN_ENTRIES = 12;

/** Shows how a version gets onto a device and off it again. */
export function DeliveryPage() {
  const device = useDevice();
  return (
    <div className="stack">
      <div className="intro">
        <h1>Deliver a model, and take it back</h1>
        <p className="muted">
          The channel <code>{REF}</code> names 1.1.0 and rolls 1.1.1, its last layer fine-tuned, out
          to half of the devices. No server decides: a hash on the device does. Everything is
          signed, and checked here.
        </p>
      </div>
      <div className="cards">
        <ThisDevice device={device} />
        <Stored device={device} />
      </div>
      <TamperedHost />
      <AuditLog device={device} />
    </div>
  );
}

function ThisDevice({ device }: { readonly device: Device }) {
  const { model, check, busy, fraction, error } = device;
  const bucket = /bucket (\d+)/.exec(check?.reason ?? '')?.[1];
  return (
    <section className="card stack" aria-label="This device">
      <div className="row">
        <h2>This device</h2>
        <span className="spacer" />
        {model && (
          <span className="badge accent" data-testid="version">
            {model.version}
          </span>
        )}
      </div>
      {bucket !== undefined && <Bucket bucket={Number(bucket)} />}
      <p className="line" role="status" data-testid="offer">
        {busy ? (
          <>
            {busy} … <progress value={fraction} max={1} aria-label={busy} />
          </>
        ) : check ? (
          <>
            {check.available ? (
              <>
                Offered: <strong>{check.latest}</strong>, {bytes(check.downloadBytes)} to fetch
                {whole(device)}
              </>
            ) : check.latest === check.current ? (
              'Up to date'
            ) : (
              `Staying with ${check.current}`
            )}{' '}
            <span className="muted">({check.reason})</span>
          </>
        ) : (
          'Not asked yet.'
        )}
      </p>
      {error !== null && (
        <p className="badge bad wrap" role="alert">
          {error}
        </p>
      )}
      <div className="row">
        <button
          type="button"
          className="button primary"
          onClick={device.update}
          disabled={busy !== null || !check?.available}
        >
          Update
        </button>
        <button
          type="button"
          className="button"
          onClick={device.checkForUpdate}
          disabled={busy !== null || !model}
        >
          Check again
        </button>
        <button
          type="button"
          className="button"
          onClick={device.rollback}
          disabled={busy !== null || !device.mayGoBack}
        >
          Roll back
        </button>
        <button
          type="button"
          className="button"
          onClick={device.becomeAnother}
          disabled={busy !== null}
        >
          Be another device
        </button>
      </div>
      <p className="small muted">
        An update fetches chunks and tensor deltas, runs the golden samples in a fresh worker, and
        only then switches. A version left is not taken again on this device.
      </p>
    </section>
  );
}

/** The bytes of the same update as a whole download, without shared chunks. */
function whole({ model, stored }: Device): string {
  const size = stored.find(({ version }) => version === model?.version)?.sizeBytes;
  return size === undefined ? '' : ` instead of ${bytes(size)}`;
}

/** This device's place among the 10,000 buckets; the rollout's half is marked. */
function Bucket({ bucket }: { readonly bucket: number }) {
  return (
    <div
      className="bucket"
      role="img"
      aria-label={`Bucket ${bucket} of 10,000; the rollout has those below 5,000.`}
    >
      <i style={{ width: '50%' }} />
      <b style={{ left: `${bucket / 100}%` }} data-testid="bucket">
        {bucket}
      </b>
    </div>
  );
}

function Stored({ device }: { readonly device: Device }) {
  const tone = {
    active: 'good',
    previous: 'accent',
    bad: 'bad',
    verified: '',
    staging: 'warn',
  } as const;
  return (
    <section className="card stack" aria-label="On this device">
      <div className="row">
        <h2>Kept here</h2>
        <span className="spacer" />
        <button
          type="button"
          className="button"
          onClick={device.forget}
          disabled={device.busy !== null}
        >
          Delete all
        </button>
      </div>
      <div className="table-scroll">
        <table>
          <thead>
            <tr>
              <th>version</th>
              <th>variant</th>
              <th className="number">size</th>
              <th>state</th>
            </tr>
          </thead>
          <tbody>
            {device.stored.map(({ version, variant, state, sizeBytes, reason, rolledBack }) => (
              <tr key={version + variant}>
                <td>{version}</td>
                <td>{variant}</td>
                <td className="number">{bytes(sizeBytes)}</td>
                <td>
                  <span className={`badge ${rolledBack ? '' : tone[state]}`} title={reason}>
                    {rolledBack ? 'rolled back' : state}
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="small muted">
        The version before stays until the new one has answered often enough; tensors both have are
        kept once.
      </p>
    </section>
  );
}

function TamperedHost() {
  const [said, setSaid] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const attempt = async (): Promise<void> => {
    setBusy(true);
    setSaid(await tryTamperedHost());
    setBusy(false);
  };
  return (
    <section className="card stack" aria-label="A tampered host">
      <div className="row">
        <h2>A host that flips one bit</h2>
        <span className="spacer" />
        <button type="button" className="button" onClick={() => void attempt()} disabled={busy}>
          {busy ? 'Loading …' : 'Load from it'}
        </button>
      </div>
      {said === null ? (
        <p className="muted">
          The same registry by way of a host that changes one bit of every model file.
        </p>
      ) : (
        <p className="badge good wrap" role="status" data-testid="refused">
          Refused. {said}
        </p>
      )}
    </section>
  );
}

function AuditLog({ device }: { readonly device: Device }) {
  const { entries, brokenAt } = device;
  return (
    <section className="card stack" aria-label="Audit log">
      <div className="row">
        <h2>What happened here</h2>
        <span className="spacer" />
        {entries.length > 0 && (
          <span className={`badge ${brokenAt === null ? 'good' : 'bad'}`}>
            {brokenAt === null ? 'chain holds' : `changed at ${brokenAt}`}
          </span>
        )}
        <button
          type="button"
          className="button"
          onClick={() => download(entries.map((entry) => JSON.stringify(entry)).join('\n'))}
          disabled={entries.length === 0}
        >
          Export
        </button>
      </div>
      <div className="table-scroll">
        <table data-testid="audit">
          <thead>
            <tr>
              <th>#</th>
              <th>when</th>
              <th>event</th>
              <th>version</th>
              <th>why</th>
              <th>digest</th>
            </tr>
          </thead>
          <tbody>
            {entries
              .slice(-SHOWN_ENTRIES)
              .toReversed()
              .map(({ seq, at, event, version, reason, hash }) => (
                <tr key={seq}>
                  <td>{seq}</td>
                  <td>{new Date(at).toLocaleTimeString()}</td>
                  <td>{event}</td>
                  <td>{version}</td>
                  <td>{reason}</td>
                  <td>
                    <code title={hash}>{hash.slice(0, 8)}</code>
                  </td>
                </tr>
              ))}
          </tbody>
        </table>
      </div>
      {entries.length === 0 && <p className="muted">Nothing yet.</p>}
    </section>
  );
}

function download(text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/x-ndjson' }));
  link.download = 'perigee-audit.jsonl';
  link.click();
  URL.revokeObjectURL(link.href);
}
