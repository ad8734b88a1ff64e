import '../../styles/model.css';
import '../../styles/delivery.css';
import { AuditLog } from './audit-log.tsx';
import { StoredVersions } from './stored-versions.tsx';
import { TamperedHost } from './tampered-host.tsx';
import { ThisDevice } from './this-device.tsx';
import { REF, useDevice } from './use-device.ts';

/** Shows how a version gets onto a device and off it again. */
export default function DeliveryPage() {
  const device = useDevice();
  return (
    <div className="stack">
      <div className="intro">
        <h1>Deliver a model and roll it back</h1>
        <p className="muted">
          Channel <code>{REF}</code> serves version 1.1.0 and rolls out 1.1.1, with a fine-tuned
          last layer, to half of the devices. Each device decides by a hash of its own id whether it
          is in that half. All metadata is signed, and this device verifies it.
        </p>
      </div>
      <div className="cards">
        <ThisDevice device={device} />
        <StoredVersions device={device} />
      </div>
      <TamperedHost />
      <AuditLog device={device} />
    </div>
  );
}
