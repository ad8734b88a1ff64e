import { FleetFrame } from '../../parts/fleet/fleet-frame.tsx';
import { FleetLog } from '../../parts/fleet/fleet-log.tsx';
import { TamperedHost } from '../delivery/tampered-host.tsx';
import { DeviceDots } from './device-dots.tsx';
import { GuardCard } from './guard-card.tsx';
import { ReleaseControls } from './release-controls.tsx';
import { TrafficCard } from './traffic-card.tsx';

/** Ships versions to the simulated fleet. */
export default function ReleasesPage() {
  return (
    <FleetFrame
      title="Ship a version to 400 devices"
      intro={
        'Roll a version out to a few devices, then to more. Ship a bad one and see who stops it: ' +
        'the golden samples on each device, the device’s own probation, or the guard.'
      }
    >
      {(snapshot) => (
        <>
          <div className="release-areas">
            <DeviceDots snapshot={snapshot} />
            <ReleaseControls snapshot={snapshot} />
            <GuardCard snapshot={snapshot} />
            <TrafficCard snapshot={snapshot} />
          </div>
          <FleetLog snapshot={snapshot} />
          <TamperedHost />
        </>
      )}
    </FleetFrame>
  );
}
