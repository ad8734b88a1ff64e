import { useId, useState } from 'react';
import { command } from '../../fleet/use-fleet.ts';
import type { Fault, Snapshot } from '../../fleet/protocol.ts';
import { FAULT_WORDS } from '../../fleet/words.ts';

const [LEAST, MOST] = [5, 50];

/** The controls of a publisher: ship, widen a rollout, give it to all, take it back. */
export function ReleaseControls({ snapshot }: { readonly snapshot: Snapshot }) {
  const { rollout, stable, next, canGoBack } = snapshot;
  const [percent, setPercent] = useState(LEAST);
  const share = useId();
  const widen = (value: number): void => {
    setPercent(value);
    if (rollout) command({ type: 'percent', percent: value });
  };
  return (
    <section className="card stack" aria-label="Release">
      <div className="row">
        <h2>Release</h2>
        <span className="spacer" />
        <span className={`badge ${rollout ? 'accent' : ''}`} data-testid="channel">
          {rollout
            ? `${stable}, and ${rollout.version} for ${rollout.percent} %`
            : `${stable} for all`}
        </span>
      </div>
      <div className="row">
        <button
          type="button"
          className="button primary"
          disabled={rollout !== null}
          onClick={() => command({ type: 'ship', fault: null, percent })}
        >
          Ship {next}
        </button>
        <span className="muted small">a good version, fetched as a delta</span>
      </div>
      <ShipBad isDisabled={rollout !== null} percent={percent} />
      <div className="share">
        <label htmlFor={share}>
          Share of the devices: <b>{rollout?.percent ?? percent} %</b>
        </label>
        <input
          id={share}
          type="range"
          min={LEAST}
          max={MOST}
          step={5}
          value={rollout?.percent ?? percent}
          onChange={({ target }) => widen(Number(target.value))}
        />
      </div>
      <div className="row">
        <button
          type="button"
          className="button"
          disabled={rollout === null}
          onClick={() => command({ type: 'everyone' })}
        >
          Give it to everyone
        </button>
        <button
          type="button"
          className="button"
          disabled={!canGoBack}
          onClick={() => command({ type: 'roll-back' })}
        >
          Roll back
        </button>
      </div>
    </section>
  );
}

function ShipBad({
  isDisabled,
  percent,
}: {
  readonly isDisabled: boolean;
  readonly percent: number;
}) {
  const [fault, setFault] = useState<Fault>('throws');
  const choice = useId();
  return (
    <div className="row">
      <button
        type="button"
        className="button"
        disabled={isDisabled}
        onClick={() => command({ type: 'ship', fault, percent })}
      >
        Ship a bad version
      </button>
      <label className="row" htmlFor={choice}>
        <span className="muted small">that</span>
        <select
          id={choice}
          className="button"
          value={fault}
          onChange={({ target }) => setFault(target.value as Fault)}
        >
          {Object.entries(FAULT_WORDS).map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
