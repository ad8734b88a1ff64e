import { FeatureSlider } from './feature-slider.tsx';
import { GROUPS, HELD_OUT, RANGES } from './rows.ts';
import type { Row } from './rows.ts';

const SAMPLES = HELD_OUT.slice(0, 6);

interface Props {
  readonly values: Row['values'];
  readonly onChange: (values: Row['values']) => void;
}

/** All measurements as sliders, and sample rows to start from. */
export function Measurements({ values, onChange }: Props) {
  const chosen = SAMPLES.findIndex((row) => row.values === values);
  return (
    <section className="card stack" aria-label="Measurements">
      <div className="row">
        <h2>Measurements</h2>
        <span className="spacer" />
        <div
          className="segments samples"
          role="group"
          aria-label="Rows that the model was not trained on"
        >
          {SAMPLES.map((row, i) => (
            <button
              key={row.diagnosis + i}
              type="button"
              aria-pressed={i === chosen}
              onClick={() => onChange(row.values)}
            >
              Row {i + 1}
            </button>
          ))}
        </div>
      </div>
      <p className="small muted line" role="status">
        {chosen === -1
          ? 'These values are not one of the sample rows.'
          : `The model was not trained on row ${chosen + 1}. ` +
            `Its diagnosis in the data set is ${SAMPLES[chosen]?.diagnosis}.`}
      </p>
      <div className="groups">
        {GROUPS.map(({ title, names }) => (
          <fieldset key={title} className="group">
            <legend>{title}</legend>
            {names.map((name) => (
              <FeatureSlider
                key={name}
                name={name}
                range={RANGES[name] ?? [0, 1]}
                value={values[name] ?? 0}
                onChange={(value) => onChange({ ...values, [name]: value })}
              />
            ))}
          </fieldset>
        ))}
      </div>
    </section>
  );
}
