import type { DataSet } from './data/data-set.ts';
import type { Explorer } from './use-explorer.ts';

interface Props {
  readonly dataSet: DataSet;
  readonly explorer: Explorer;
}

/** Rows to start from, which the model was not trained on. The chosen one is marked. */
export function Samples({ dataSet, explorer: { values, setValues } }: Props) {
  const { samples, pick, thing, things, source } = dataSet;
  const chosen = samples.find((sample) => sample.values === values);
  return (
    <div className="pick">
      <h2 id="samples">{pick}</h2>
      <div className="samples" role="group" aria-labelledby="samples">
        {samples.map((sample) => (
          <button
            key={sample.name}
            type="button"
            className="button"
            aria-pressed={sample === chosen}
            onClick={() => setValues(sample.values)}
          >
            {sample.name}
          </button>
        ))}
      </div>
      <p className="small muted" role="status">
        {chosen
          ? `The data set says ${chosen.kind}. The model was not trained on this ${thing}.`
          : `These values are none of the ${things} above.`}{' '}
        <a href={source} target="_blank" rel="noreferrer">
          The data ↗
        </a>
      </p>
    </div>
  );
}
