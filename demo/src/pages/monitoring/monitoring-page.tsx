import { FleetFrame } from '../../parts/fleet/fleet-frame.tsx';
import { FleetLog } from '../../parts/fleet/fleet-log.tsx';
import { AlertList } from './alert-list.tsx';
import { TimeLine } from './time-line.tsx';
import { WorldKnobs } from './world-knobs.tsx';

/** Watches the simulated fleet while its world changes. */
export default function MonitoringPage() {
  return (
    <FleetFrame
      title="Watch a model at work"
      intro={
        'Change what the devices see, and wait for the collector to notice. It gets counts only, ' +
        'never a picture; an alert says what is wrong, why, and what to do.'
      }
    >
      {(snapshot) => (
        <>
          <div className="fleet-columns">
            <div className="stack">
              <WorldKnobs snapshot={snapshot} />
              <AlertList snapshot={snapshot} />
            </div>
            <TimeLine snapshot={snapshot} />
          </div>
          <FleetLog snapshot={snapshot} />
        </>
      )}
    </FleetFrame>
  );
}
