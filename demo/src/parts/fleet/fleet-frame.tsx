import type { ReactNode } from 'react';
import type { Snapshot } from '../../fleet/protocol.ts';
import { restartFleet, useFleet } from '../../fleet/use-fleet.ts';
import { FleetClock } from './fleet-clock.tsx';
import '../../styles/fleet.css';

/** The frame of a page about the simulated fleet: what it is, its clock, and its faults. */
export function FleetFrame({
  title,
  intro,
  children,
}: {
  readonly title: string;
  readonly intro: ReactNode;
  readonly children: (snapshot: Snapshot) => ReactNode;
}) {
  const { snapshot, fault } = useFleet();
  return (
    <div className="stack fleet-page">
      <div className="intro">
        <h1>{title}</h1>
        <p className="muted">{intro}</p>
      </div>
      {fault !== null && (
        <div className="notice bad row" role="alert">
          <span>The simulation stopped: {fault}</span>
          <button type="button" className="button" onClick={restartFleet}>
            Start it again
          </button>
        </div>
      )}
      {snapshot ? (
        <>
          <FleetClock snapshot={snapshot} />
          {children(snapshot)}
        </>
      ) : (
        <div className="skeleton fleet-waiting" role="status">
          Simulating the hours before you came …
        </div>
      )}
    </div>
  );
}
