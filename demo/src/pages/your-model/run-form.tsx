import { useState } from 'react';
import { defaultSizes, FILLS, freeDimensions } from './inputs.ts';
import type { Fill, InputChoices, TensorSignature } from './inputs.ts';

interface Props {
  readonly inputs: readonly TensorSignature[];
  readonly isRunning: boolean;
  readonly onRun: (inputs: InputChoices) => void;
  readonly onStop: () => void;
}

/** Chooses the sizes of free dimensions and the values of the inputs. */
export function RunForm({ inputs, isRunning, onRun, onStop }: Props) {
  const [sizes, setSizes] = useState(() => defaultSizes(inputs));
  const [fill, setFill] = useState<Fill>('random');
  return (
    <form
      className="row"
      onSubmit={(event) => {
        event.preventDefault();
        onRun({ sizes, fill });
      }}
    >
      {[...freeDimensions(inputs)].map(([key, label]) => (
        <label key={key} className="size">
          <span className="muted small">{label}</span>
          <input
            type="number"
            className="field"
            min={1}
            max={4096}
            step={1}
            required
            value={sizes[key] ?? 1}
            onChange={(event) => setSizes({ ...sizes, [key]: event.target.valueAsNumber || 1 })}
          />
        </label>
      ))}
      <label className="size">
        <span className="muted small">input values</span>
        <select
          className="button"
          value={fill}
          onChange={(event) => setFill(event.target.value as Fill)}
        >
          {FILLS.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <span className="spacer" />
      {isRunning ? (
        <button type="button" className="button" onClick={onStop}>
          Stop
        </button>
      ) : (
        <button type="submit" className="button primary" data-testid="compare">
          Run on every backend
        </button>
      )}
    </form>
  );
}
