import '../../styles/model.css';
import { useModel } from '@perigee/react';
import { COUNTED } from '../../perigee.ts';
import { FaultNotice } from '../../parts/fault-notice.tsx';
import { faultOf } from '../../visitor-words.ts';
import { LoadedModel } from './loaded-model.tsx';
import { Offline } from './offline.tsx';
import { Storage } from './storage.tsx';
import { Telemetry } from './telemetry.tsx';

export default function ModelPage() {
  const state = useModel('digits', COUNTED);
  const { error } = state;
  return (
    <div className="stack">
      <div className="intro">
        <h1>On this device</h1>
        <p className="muted">
          The model that all pages use, the backend that runs it, the storage that it needs, and the
          telemetry that this device sends. It follows the channel <code>stable</code>;{' '}
          <a href="#/delivery" className="in-text">
            Delivery
          </a>{' '}
          follows <code>beta</code>. A channel is a publisher’s choice of a version for its devices.
        </p>
      </div>
      {error && (
        <FaultNotice
          fault={faultOf(error)}
          what="The model could not be loaded."
          onRetry={() => void state.refetch()}
        />
      )}
      <div className="cards">
        <LoadedModel state={state} />
        <div className="stack">
          <Storage />
          <Telemetry />
          <Offline />
        </div>
      </div>
    </div>
  );
}
