import { BackendBadge } from '../../parts/backend-badge.tsx';
import { Latency } from '../../parts/latency.tsx';
import { ScoreBars } from '../../parts/score-bars.tsx';
import { DIGITS, scoresOf } from './digits.ts';
import type { DigitPrediction, Digits } from './digits.ts';

interface Props {
  readonly model: Digits | undefined;
  readonly prediction: DigitPrediction | undefined;
}

/** The recognised digit, the time it took, and the scores of all digits. */
export function Answer({ model, prediction }: Props) {
  const digit = prediction?.output.label;
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
