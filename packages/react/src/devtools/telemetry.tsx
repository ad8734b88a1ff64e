import { useCallback } from 'react';
import type { ReactElement } from 'react';
import { usePerigee } from '../provider.ts';
import { useTelemetry } from '../use-device.ts';
import { useAction } from './use-action.tsx';
import { usePolled } from './use-polled.ts';

/** The queue of this device, and the exact content of the next batch. */
export function Telemetry(): ReactElement {
  const { telemetry } = usePerigee();
  const { data } = useTelemetry({ refetchInterval: 1_000 });
  const [preview, refresh] = usePolled(useCallback(() => telemetry.preview(), [telemetry]));
  const [act, message] = useAction();
  return (
    <>
      {message}
      <dl>
        {(['queued', 'sent', 'lost'] as const).map((name) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{data?.[name] ?? '…'}</dd>
          </div>
        ))}
      </dl>
      <div className="actions">
        <button type="button" onClick={() => act('Send', () => telemetry.flush().then(refresh))}>
          Send now
        </button>
      </div>
      <h2>The next payload</h2>
      <pre tabIndex={0} role="region" aria-label="The next payload">
        {preview === undefined ? 'Nothing is counted.' : JSON.stringify(preview, null, 1)}
      </pre>
    </>
  );
}
