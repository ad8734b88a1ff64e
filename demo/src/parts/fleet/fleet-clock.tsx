import type { Snapshot } from '../../fleet/protocol.ts';
import { command, restartFleet } from '../../fleet/use-fleet.ts';
import { timeText } from '../../fleet/words.ts';

const SPEEDS = [60, 600] as const;
const SKIPS = [1, 6] as const;

/** Says that the fleet is simulated, and moves its time. */
export function FleetClock({ snapshot }: { readonly snapshot: Snapshot }) {
  const { speed, skipping, nowMs, startedMs } = snapshot;
  return (
    <section className="fleet-clock" aria-label="Simulated time">
      <p>
        <b>Simulated:</b> 400 devices at {speed}× speed, in this tab. The analysis is the
        collector’s own code.
      </p>
      <div className="row">
        <span className="badge accent" data-testid="fleet-time" data-ms={nowMs}>
          {timeText(nowMs, startedMs)}
        </span>
        <div className="segments" role="group" aria-label="Speed">
          {SPEEDS.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={speed === one}
              onClick={() => command({ type: 'speed', speed: one })}
            >
              {one}×
            </button>
          ))}
        </div>
        {SKIPS.map((hours) => (
          <button
            key={hours}
            type="button"
            className="button"
            aria-disabled={skipping > 0}
            onClick={() => skipping === 0 && command({ type: 'skip', hours })}
          >
            Skip {hours} h
          </button>
        ))}
        <button type="button" className="button" onClick={restartFleet}>
          Start over
        </button>
        <span className="muted small" role="status">
          {skipping > 0 ? 'skipping …' : ''}
        </span>
      </div>
    </section>
  );
}
