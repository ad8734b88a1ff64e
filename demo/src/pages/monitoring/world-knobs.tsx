import { useId } from 'react';
import type { Knob, Snapshot } from '../../fleet/protocol.ts';
import { command } from '../../fleet/use-fleet.ts';
import { percentText } from '../../fleet/words.ts';

const KNOBS: readonly { readonly knob: Knob; readonly label: string; readonly hint: string }[] = [
  {
    knob: 'dark',
    label: 'Cameras that take dark pictures',
    hint: 'a new model of camera, a dirty lens, the light switched off',
  },
  {
    knob: 'newUsers',
    label: 'Devices with new users',
    hint: 'people who write lower, smaller, and other digits',
  },
];

/** Changes the world that the devices see. The collector is not told. */
export function WorldKnobs({ snapshot: { knobs } }: { readonly snapshot: Snapshot }) {
  return (
    <section className="card stack" aria-label="The world">
      <div>
        <h2>Change the world</h2>
        <p className="muted small">
          The devices see it at once. The collector is not told: it has only their counts.
        </p>
      </div>
      {KNOBS.map((one) => (
        <WorldKnob key={one.knob} {...one} share={knobs[one.knob]} />
      ))}
    </section>
  );
}

function WorldKnob({
  knob,
  label,
  hint,
  share,
}: (typeof KNOBS)[number] & { readonly share: number }) {
  const [id, hintId] = [useId(), useId()];
  return (
    <div className="share">
      <label htmlFor={id}>
        {label}: <b>{percentText(share)}</b>
      </label>
      <input
        id={id}
        type="range"
        min={0}
        max={100}
        step={10}
        value={Math.round(share * 100)}
        aria-describedby={hintId}
        onChange={({ target }) =>
          command({ type: 'knob', knob, share: Number(target.value) / 100 })
        }
      />
      <span id={hintId} className="muted small">
        {hint}
      </span>
    </div>
  );
}
