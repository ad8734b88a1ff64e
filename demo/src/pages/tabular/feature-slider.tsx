interface Props {
  readonly name: string;
  readonly range: readonly [min: number, max: number];
  readonly value: number;
  readonly onChange: (value: number) => void;
}

/**
 * One measurement: a slider over the range of the data, and a number field for values outside it.
 */
export function FeatureSlider({ name, range: [min, max], value, onChange }: Props) {
  const label = name.replace(/_(mean|error|worst)$/, '').replaceAll('_', ' ');
  const step = 10 ** Math.floor(Math.log10((max - min) / 200));
  return (
    <div className="slider">
      <label htmlFor={name}>{label}</label>
      <input
        type="range"
        min={min}
        max={max}
        step="any"
        value={value}
        aria-label={`${label}, slider`}
        onChange={(event) => onChange(event.target.valueAsNumber)}
      />
      <input
        id={name}
        type="number"
        inputMode="decimal"
        step={step}
        value={Number(value.toPrecision(4))}
        onChange={(event) =>
          Number.isFinite(event.target.valueAsNumber) && onChange(event.target.valueAsNumber)
        }
      />
    </div>
  );
}
