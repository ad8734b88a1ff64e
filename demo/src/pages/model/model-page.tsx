import '../../styles/model.css';
import { useModel } from '@perigee/react';
import { COUNTED } from '../../perigee.ts';
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
        <h1>The model on this device</h1>
        <p className="muted">
          The loaded model, the backend that runs it, the storage that it needs, and the telemetry
          that this device sends.
        </p>
      </div>
      {error && (
        <p className="notice bad" role="alert">
          digits could not be loaded. {error.message}
        </p>
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
