import { useEffect, useState } from 'react';
import { useOnline } from '../../offline.ts';

/** Whether the page and the model work without a network. */
export function Offline() {
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
          <span className="badge">preparing for offline use</span>
        )}
        <span className={`badge ${online ? '' : 'warn'}`}>{online ? 'online' : 'offline'}</span>
      </div>
      <p className="small muted">
        Turn off your network, or choose Network ▸ Offline in the developer tools, and reload. The
        page then comes from the service worker and the model from IndexedDB. Telemetry waits until
        the network is back.
      </p>
    </section>
  );
}
