import { DIGITS } from './digits.ts';
import type { Drawing } from './use-drawing.ts';
import type { DigitFeedback } from './use-feedback.ts';

interface Props {
  readonly drawing: Drawing;
  readonly feedback: DigitFeedback;
  readonly onReport: (digit: string) => void;
}

/** Asks for the true digit, and shows whether the drawing was counted. */
export function Feedback({ drawing, feedback, onReport }: Props) {
  const { reported } = feedback;
  return (
    <>
      <fieldset className="feedback" disabled={!drawing.prediction || reported !== undefined}>
        <legend>Which digit did you draw?</legend>
        {DIGITS.map((digit) => (
          <button
            key={digit}
            type="button"
            className="button"
            aria-pressed={reported === digit}
            data-testid={`feedback-${digit}`}
            onClick={() => onReport(digit)}
          >
            {digit}
          </button>
        ))}
      </fieldset>
      <p className="small muted line" data-testid="counted">
        {drawing.isCounted
          ? 'Counted as one prediction.'
          : 'A drawing counts as one prediction, one second after the last stroke.'}
      </p>
      <p className="small muted line" role="status">
        {drawing.failure ??
          feedback.failure ??
          statusOf(reported, drawing.prediction?.output.label)}
      </p>
    </>
  );
}

function statusOf(reported: string | undefined, answered: string | undefined): string {
  if (reported === undefined)
    return 'The dashboard shows the accuracy, measured from the digits that visitors report.';
  return reported === answered
    ? 'Thank you. Counted as correct.'
    : `Thank you. Counted as wrong: you drew ${reported}, the answer was ${answered}.`;
}
