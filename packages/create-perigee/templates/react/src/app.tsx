import { useState } from 'react';
import labels from '../model/labels.json';
import samples from '../model/samples.json';
import { Pad } from './pad.tsx';
import { useAnswer } from './use-answer.ts';

const EMPTY: readonly number[] = samples[0].pixels.map(() => 0);

export function App() {
  const [sample, setSample] = useState(0);
  const [pixels, setPixels] = useState<readonly number[]>(samples[0].pixels);
  const { answer, problem } = useAnswer(pixels);
  const isEmpty = pixels.every((value) => value === 0);

  function showNext(): void {
    const next = (sample + 1) % samples.length;
    setSample(next);
    setPixels(samples[next].pixels);
  }

  return (
    <main>
      <h1>Read a digit</h1>
      <p>
        Draw with a finger or a mouse, or use the arrow keys and Enter. The model runs in this
        browser.
      </p>
      <div className="cards">
        <section className="card" aria-label="Drawing">
          <Pad pixels={pixels} onDraw={setPixels} />
          <div className="buttons">
            <button type="button" onClick={showNext}>
              Next sample
            </button>
            <button type="button" onClick={() => setPixels(EMPTY)}>
              Clear
            </button>
          </div>
        </section>
        <section className="card" aria-label="Answer">
          <output className="answer" aria-live="polite">
            {isEmpty ? '–' : (answer?.label ?? '–')}
          </output>
          <ul className="scores">
            {labels.map((label, index) => (
              <Score key={label} label={label} score={isEmpty ? 0 : (answer?.scores[index] ?? 0)} />
            ))}
          </ul>
        </section>
      </div>
      {problem === undefined ? (
        <p>
          {answer
            ? `Answered in ${answer.ms.toFixed(1)} ms on ${answer.backend}.`
            : 'The model is loading …'}
        </p>
      ) : (
        <p className="problem">{problem}</p>
      )}
    </main>
  );
}

function Score({ label, score }: { readonly label: string; readonly score: number }) {
  return (
    <li>
      <span>{label}</span>
      <meter aria-label={`Score of ${label}`} value={score} />
      <span>{Math.round(score * 100)} %</span>
    </li>
  );
}
