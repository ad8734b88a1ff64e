import type { UseModelResult } from '@perigee/react';
import { BackendBadge } from '../../parts/backend-badge.tsx';
import { duration } from '../../format.ts';
import { scoresOf } from './digits.ts';
import type { DigitPrediction, Digits } from './digits.ts';

interface Props {
  readonly model: UseModelResult<Digits>;
  readonly prediction: DigitPrediction | undefined;
}

/** The recognised digit, how sure the model is, and the time that it took. */
export function Answer({ model: { data: model }, prediction }: Props) {
  const digit = prediction?.output.label;
  const score = Math.max(...(scoresOf(prediction) ?? [0]));
  return (
    <div className="answer-now">
      <output
        className={`answer ${digit === undefined ? 'muted' : ''}`}
        data-testid="answer"
        aria-live="polite"
      >
        {digit ?? '–'}
      </output>
      <p className="answer-facts">
        <b>{digit === undefined ? '–' : `${(score * 100).toFixed(0)} % sure`}</b>
        <span className="muted small">
          {prediction ? duration(prediction.timing.totalMs) : '– ms'}
        </span>
        <BackendBadge model={model} />
      </p>
    </div>
  );
}
