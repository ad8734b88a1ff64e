import { bytes } from '../../format.ts';
import { FaultNotice } from '../../parts/fault-notice.tsx';
import type { Device } from './use-device.ts';

/** The version on this device, the version that the registry offers, and what can be done. */
export function ThisDevice({ device }: { readonly device: Device }) {
  const { model, check, fault } = device;
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
      <Bucket bucket={bucket === undefined ? null : Number(bucket)} />
      <p className="offer" role="status" data-testid="offer">
        <Offer device={device} />
      </p>
      {fault?.code === 'ROLLED_BACK' ? (
        <p className="notice calm">{fault.words}</p>
      ) : (
        fault && <FaultNotice fault={fault} onRetry={device.retry} />
      )}
      <Actions device={device} />
      <p className="small muted">
        An update downloads only the chunks and tensor deltas that changed. It runs the golden
        samples in a new worker, and switches only if they pass. A device does not install a version
        again after it rolled that version back.
      </p>
    </section>
  );
}

/** This device's place among the 10,000 buckets, once it is known. The rollout's half is coloured. */
function Bucket({ bucket }: { readonly bucket: number | null }) {
  return (
    <div>
      <div
        className="bucket"
        role="img"
        aria-label={
          `This device is in bucket ${bucket ?? '…'} of 10,000. ` +
          'The rollout includes the buckets below 5,000.'
        }
      >
        <i style={{ width: '50%' }} />
        {bucket !== null && (
          <b style={{ left: `${bucket / 100}%` }} data-testid="bucket">
            {bucket}
          </b>
        )}
      </div>
      <p className="small muted" aria-hidden="true">
        The hash gives this device one of 10,000 buckets. The rollout includes the coloured half.
      </p>
    </div>
  );
}

function Offer({ device: { model, check, stored, busy, fraction } }: { readonly device: Device }) {
  if (busy !== null)
    return (
      <>
        {busy} … <progress value={fraction} max={1} aria-label={busy} />
      </>
    );
  if (!check) return 'Not checked yet.';
  const reason = <span className="muted">({check.reason})</span>;
  if (check.available) {
    // The size of a whole version, without chunks that this device has already.
    const whole = stored.find(({ version }) => version === model?.version)?.sizeBytes;
    return (
      <>
        Update available: <strong>{check.latest}</strong>, {bytes(check.downloadBytes)} to download
        {whole !== undefined && ` instead of ${bytes(whole)}`} {reason}
      </>
    );
  }
  return (
    <>
      {check.latest === check.current ? 'Up to date' : `Staying with ${check.current}`} {reason}
    </>
  );
}

function Actions({ device }: { readonly device: Device }) {
  const { model, check, busy, mayRollBack } = device;
  const isBusy = busy !== null;
  return (
    <div className="row">
      <button
        type="button"
        className="button primary"
        onClick={device.update}
        disabled={isBusy || !check?.available}
      >
        Update
      </button>
      <button
        type="button"
        className="button"
        onClick={device.checkForUpdate}
        disabled={isBusy || !model}
      >
        Check again
      </button>
      <button
        type="button"
        className="button"
        onClick={device.rollback}
        disabled={isBusy || !mayRollBack}
      >
        Roll back
      </button>
      <button type="button" className="button" onClick={device.becomeAnother} disabled={isBusy}>
        Become another device
      </button>
    </div>
  );
}
