import { useState } from 'react';
import { usePerigee, useTelemetry } from '@perigee/react';
import { collectorUrl } from '../../collector.ts';

const REFRESH_MS = 1_000;

/** Telemetry of this device: how much waits, was sent and was lost. */
export function Telemetry() {
  return (
    <section className="card stack" aria-label="Telemetry">
      <h2>Telemetry</h2>
      {collectorUrl ? (
        <Queue />
      ) : (
        <p className="muted">
          Telemetry is off, because no collector is configured. Nothing is counted or sent.
        </p>
      )}
    </section>
  );
}

function Queue() {
  const { telemetry } = usePerigee();
  const { data: status, refetch } = useTelemetry({ refetchInterval: REFRESH_MS });
  const [preview, setPreview] = useState('');
  const sendNow = (): Promise<void> => telemetry.flush().then(refetch);
  const showPayload = async (): Promise<void> =>
    setPreview(JSON.stringify(await telemetry.preview(), null, 1));
  return (
    <>
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
        <button type="button" className="button" onClick={() => void sendNow()}>
          Send now
        </button>
        <button type="button" className="button" onClick={() => void showPayload()}>
          Show what is sent
        </button>
      </div>
      {preview && (
        <pre className="preview" tabIndex={0} aria-label="The next upload">
          {preview}
        </pre>
      )}
    </>
  );
}
