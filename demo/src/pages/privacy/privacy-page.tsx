import '../../styles/draw.css';
import '../../styles/tabular.css';
import '../../styles/model.css';
import '../../styles/practice.css';
import { FaultNotice } from '../../parts/fault-notice.tsx';
import { LastAnswer } from '../../parts/practice/last-answer.tsx';
import { usePracticeDevice } from '../../parts/practice/use-practice-device.ts';
import type { Practice } from '../../parts/practice/use-practice-device.ts';
import { Switch } from '../tabular/switch.tsx';
import { NotSent } from './not-sent.tsx';
import { Payload } from './payload-card.tsx';
import { Upload } from './upload-card.tsx';

/** Shows what a device counts, byte by byte, beside what it never sends. */
export default function PrivacyPage() {
  const device = usePracticeDevice({ uploadsTo: 'tab', sendsAtOnce: false });
  return (
    <div className="stack">
      <div className="intro">
        <h1>See what is sent, before it is sent</h1>
        <p className="muted">
          Telemetry is a list of counts. Let the model read some digits, and see the counts change.
          On this page nothing leaves the tab: the page takes the upload, shows it, and throws it
          away.
        </p>
      </div>
      {device.fault && (
        <FaultNotice
          fault={device.fault}
          what="The device of this page stopped."
          onRetry={device.restart}
        />
      )}
      <Controls device={device} />
      <div className="cards">
        <Payload device={device} />
        <NotSent />
      </div>
      <Upload device={device} />
    </div>
  );
}

function Controls({ device }: { readonly device: Practice }) {
  return (
    <section className="card stack" aria-label="Predict">
      <LastAnswer device={device} />
      <div className="row">
        <button
          type="button"
          className="button primary"
          onClick={device.predict}
          disabled={!device.isReady}
        >
          Read a sample digit
        </button>
        <span className="spacer" />
        <Switch
          label="I agree to be counted"
          checked={device.hasConsent}
          onChange={device.setConsent}
          testId="consent"
        />
      </div>
      {!device.hasConsent && (
        <p className="small muted" role="status">
          Nothing is counted now, and what was counted is deleted. The model still answers.
        </p>
      )}
    </section>
  );
}
