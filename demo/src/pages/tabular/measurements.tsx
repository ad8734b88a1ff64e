import type { DataSet, Feature } from './data/data-set.ts';
import { FeatureSlider } from './feature-slider.tsx';
import { Samples } from './samples.tsx';
import type { Explorer } from './use-explorer.ts';

interface Props {
  readonly dataSet: DataSet;
  readonly explorer: Explorer;
}

/** The measurements as sliders, those that matter most on top, and rows to start from. */
export function Measurements({ dataSet, explorer }: Props) {
  const { main, rest } = dataSet;
  const others = rest.reduce((count, { features }) => count + features.length, 0);
  return (
    <section className="card stack" aria-label="Measurements">
      <Samples dataSet={dataSet} explorer={explorer} />
      <div className="features">
        {main.map((feature) => (
          <Slider key={feature.name} feature={feature} dataSet={dataSet} explorer={explorer} />
        ))}
      </div>
      <details>
        <summary>The other {others} measurements</summary>
        <div className="groups">
          {rest.map(({ title, features }) => (
            <fieldset key={title} className="group">
              <legend>{title}</legend>
              {features.map((feature) => (
                <Slider
                  key={feature.name}
                  feature={feature}
                  dataSet={dataSet}
                  explorer={explorer}
                />
              ))}
            </fieldset>
          ))}
        </div>
      </details>
    </section>
  );
}

function Slider({ feature, dataSet, explorer }: Props & { readonly feature: Feature }) {
  const { name } = feature;
  const { values, answer, setValues } = explorer;
  const spread = dataSet.spreads[name];
  if (!spread) throw new Error(`${dataSet.name} has no training values of "${name}".`);
  return (
    <FeatureSlider
      feature={feature}
      spread={spread}
      value={values[name] ?? 0}
      outside={answer?.outside.find((each) => each.feature === name)}
      onChange={(value) => setValues({ ...values, [name]: value })}
    />
  );
}
