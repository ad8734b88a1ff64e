import { SAMPLES } from './samples.ts';
import type { Sample } from './samples.ts';

interface Props {
  readonly onSample: (sample: Sample) => void;
}

/** Models of this site, to press. */
export function SampleList({ onSample }: Props) {
  return (
    <ul className="model-samples plain" aria-label="Sample models">
      {SAMPLES.map((sample) => (
        <li key={sample.name}>
          <button type="button" className="button" onClick={() => onSample(sample)}>
            <b>{sample.name}</b>
            <span className="small muted">{sample.about}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
