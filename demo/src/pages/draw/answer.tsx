import type { Model, Prediction } from 'perigee';
import { BackendBadge } from '../../parts/backend-badge.tsx';
import { Latency } from '../../parts/latency.tsx';
import { ScoreBars } from '../../parts/score-bars.tsx';
import { digitOf, DIGITS, scoresOf } from './digits.ts';

interface Props {
  readonly model: Model | undefined;
  readonly prediction: Prediction | undefined;
}

/** The recognised digit, the time it took, and the scores of all digits. */
export function Answer({ model, prediction }: Props) {
  const digit = digitOf(prediction);
  return (
    <>
      <div className="answer-row">
        <output
          className={`answer ${digit === undefined ? 'muted' : ''}`}
          data-testid="answer"
          aria-live="polite"
        >
          {digit ?? '–'}
        </output>
        <div className="stack answer-facts">
          <BackendBadge model={model} />
          <Latency timing={prediction?.timing} />
        </div>
      </div>
      <ScoreBars labels={DIGITS} scores={scoresOf(prediction)} best={digit} />
    </>
  );
}
