import type { CSSProperties } from 'react';
import type { OutsideTraining } from 'perigee';
import type { Feature, Spread } from './data/data-set.ts';
import { numberText } from './words.ts';

/** Share of the training range that a slider goes beyond it, at each end. */
const BEYOND = 0.3;

interface Props {
  readonly feature: Feature;
  readonly spread: Spread;
  readonly value: number;
  readonly outside: OutsideTraining | undefined;
  readonly onChange: (value: number) => void;
}

/**
 * One measurement: a slider that goes beyond the range of the training data, which is marked below
 * it, and a number field for any value.
 */
export function FeatureSlider({ feature, spread, value, outside, onChange }: Props) {
  const { name, label, unit } = feature;
  const { min, max } = spread;
  const span = max - min;
  const [low, high] = [min - BEYOND * span, max + BEYOND * span];
  const noteId = `${name}-range`;
  return (
    <div className={`feature ${outside ? 'outside' : ''}`}>
      <label htmlFor={name}>
        {label}
        {unit && <span className="unit">, {unit}</span>}
      </label>
      <input
        id={name}
        type="number"
        inputMode="decimal"
        step={10 ** Math.floor(Math.log10(span / 200))}
        value={Number(value.toPrecision(4))}
        aria-describedby={noteId}
        onChange={(event) =>
          Number.isFinite(event.target.valueAsNumber) && onChange(event.target.valueAsNumber)
        }
      />
      <span className="track" style={bandStyle(min, max, low, high)}>
        <input
          type="range"
          min={low}
          max={high}
          step="any"
          value={value}
          aria-label={`${label}, slider`}
          aria-valuetext={numberText(value)}
          aria-describedby={noteId}
          onChange={(event) => onChange(event.target.valueAsNumber)}
        />
        <i className="band" aria-hidden="true" />
      </span>
      <small id={noteId}>
        trained on {numberText(min)} to {numberText(max)}
      </small>
    </div>
  );
}

function bandStyle(min: number, max: number, low: number, high: number): CSSProperties {
  const at = (value: number): number => (value - low) / (high - low);
  return { '--from': at(min), '--to': at(max) } as CSSProperties;
}
