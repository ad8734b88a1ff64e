import '../../styles/draw.css';
import '../../styles/tabular.css';
import '../../styles/practice.css';
import { useOfflineApp } from '../../offline-app.ts';
import { FaultNotice } from '../../parts/fault-notice.tsx';
import { KeepSite } from '../../parts/keep-site.tsx';
import { LastAnswer } from '../../parts/practice/last-answer.tsx';
import { predictionsIn } from '../../parts/practice/payload.ts';
import { usePracticeDevice } from '../../parts/practice/use-practice-device.ts';
import type { Practice } from '../../parts/practice/use-practice-device.ts';
import { Switch } from '../tabular/switch.tsx';

/** Cuts a device off from the network, and shows what goes on and what waits. */
export default function OfflinePage() {
  const device = usePracticeDevice({ uploadsTo: 'collector', sendsAtOnce: true });
  return (
    <div className="stack">
      <div className="intro">
        <h1>Turn the network off</h1>
        <p className="muted">
          The model is on the device, so it answers without a network. What was counted waits, and
          is sent once when the network is back.
        </p>
      </div>
      {device.fault && (
        <FaultNotice
          fault={device.fault}
          what="The device of this page stopped."
          onRetry={device.restart}
        />
      )}
      <div className="cards">
        <Answers device={device} />
        <Queue device={device} />
      </div>
      <Site />
    </div>
  );
}

function Answers({ device }: { readonly device: Practice }) {
  const { isReady, isOffline, answers } = device;
  return (
    <section className="card stack" aria-label="Device">
      <div className="row">
        <h2>The device</h2>
        <span className="spacer" />
        <span className={`badge ${isOffline ? 'warn' : 'good'}`} role="status">
          {isOffline ? 'no network' : 'network'}
        </span>
      </div>
      <Switch
        label="Network"
        checked={!isOffline}
        onChange={(isOn) => device.setOffline(!isOn)}
        testId="network-switch"
      />
      <LastAnswer device={device} />
      <div className="row">
        <button
          type="button"
          className="button primary"
          onClick={device.predict}
          disabled={!isReady}
        >
          Read a sample digit
        </button>
        <span className="small muted" data-testid="answers">
          {answers} answer{answers === 1 ? '' : 's'}
        </span>
      </div>
      <p className="small muted">
        The switch refuses every request of this page’s device: those for models with{' '}
        <code>request.fetch</code>, those of telemetry with <code>telemetry.fetch</code>. An app can
        do the same.
      </p>
    </section>
  );
}

function Queue({ device: { status, waiting, uploads, uploadsTo } }: { readonly device: Practice }) {
  return (
    <section className="card stack" aria-label="Telemetry">
      <h2>What waits to be sent</h2>
      <div className="tiles">
        <div className="tile">
          <span>predictions that wait</span>
          <b data-testid="waiting">{predictionsIn(waiting)}</b>
        </div>
        <div className="tile">
          <span>sealed uploads that wait</span>
          <b data-testid="queued">{status.queued}</b>
        </div>
        <div className="tile">
          <span>uploads that arrived</span>
          <b data-testid="arrived">{uploads.count}</b>
        </div>
        <div className="tile">
          <span>lost</span>
          <b>{status.lost}</b>
        </div>
      </div>
      <p className="small muted">
        {uploadsTo === 'collector'
          ? 'Uploads go to the collector of this site; its dashboard shows them.'
          : 'This copy of the site has no collector. The page takes the uploads in its place, ' +
            'counts them, and throws them away.'}{' '}
        The first upload that fails is sealed under an id, so that it is counted once. Later counts
        are added up until their turn comes.
      </p>
    </section>
  );
}

/** Keeping the whole site, which the switch above does not test. */
function Site() {
  const { size } = useOfflineApp();
  const isKept = size && size.kept !== 'nothing';
  return (
    <section className="card stack" aria-label="This site">
      <div className="row">
        <h2>This site without a network</h2>
        <span className="spacer" />
        <span className={`badge ${isKept ? 'good' : ''}`} data-testid="offline-ready">
          {isKept ? 'ready to work offline' : 'not kept yet'}
        </span>
      </div>
      <p className="muted">
        Keep the site, turn your network off, and reload. The pages come from the service worker and
        the models from this browser’s storage. Nothing is kept before you agree.
      </p>
      <KeepSite />
    </section>
  );
}
