import { useOfflineApp } from '../../offline-app.ts';
import { useOnline } from '../../offline.ts';
import { KeepSite } from '../../parts/keep-site.tsx';

/** Whether the page and the model work without a network. */
export function Offline() {
  const online = useOnline();
  const { size } = useOfflineApp();
  const isReady = size && size.kept !== 'nothing';
  return (
    <section className="card stack" aria-label="Offline">
      <h2>Offline</h2>
      <div className="row">
        {isReady ? (
          <span className="badge good" data-testid="offline-ready">
            ready to work offline
          </span>
        ) : (
          <span className="badge">not kept for offline use</span>
        )}
        <span className={`badge ${online ? '' : 'warn'}`}>{online ? 'online' : 'offline'}</span>
      </div>
      <KeepSite />
      <p className="small muted">
        Keep the site. Then turn off your network, or choose Network ▸ Offline in the developer
        tools, and reload. The page comes from the service worker and the model from IndexedDB.
        Telemetry waits until the network is back.
      </p>
    </section>
  );
}
