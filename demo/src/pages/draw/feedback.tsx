import { collectorUrl } from '../../collector.ts';
import { correction } from './correction.ts';
import type { CorrectionState } from './correction.ts';
import { DIGITS } from './digits.ts';
import type { DrawingState } from './drawing.ts';

interface Props {
  readonly drawing: DrawingState;
  readonly state: CorrectionState;
  readonly onSend: () => void;
}

/** Asks for the true digit, and shows whether the drawing was counted. */
export function Feedback({ drawing: { prediction, isCounted, failure }, state, onSend }: Props) {
  /** Not `disabled`: the button that was pressed keeps the focus. */
  const isClosed = !prediction || state.isSent;
  const isWaiting = state.digit !== undefined && !state.isSent;
  return (
    <section className="card stack" aria-label="Feedback">
      <h2>Was it right?</h2>
      <fieldset className="digit-buttons">
        <legend>Which digit did you draw?</legend>
        {DIGITS.map((digit) => (
          <button
            key={digit}
            type="button"
            className="button"
            aria-pressed={state.digit === digit}
            aria-disabled={isClosed}
            data-testid={`feedback-${digit}`}
            onClick={() => !isClosed && correction.choose(digit)}
          >
            {digit}
          </button>
        ))}
      </fieldset>
      <div className="row feedback-state">
        <p className="small muted" role="status">
          {failure ?? state.failure ?? statusOf(state, prediction?.output.label)}
        </p>
        {isWaiting && (
          <>
            <button type="button" className="button" onClick={() => correction.takeBack()}>
              Undo
            </button>
            <button type="button" className="button" onClick={onSend}>
              Send now
            </button>
          </>
        )}
      </div>
      <p className="small muted" data-testid="counted">
        {countedText(isCounted)}
      </p>
    </section>
  );
}

function countedText(isCounted: boolean): string {
  if (!collectorUrl) return 'No collector is set up for this site, so nothing is counted or sent.';
  return isCounted
    ? 'Counted as one prediction.'
    : 'A drawing counts as one prediction, one second after the last stroke.';
}

function statusOf({ digit, isSent }: CorrectionState, answered: string | undefined): string {
  if (digit === undefined)
    return collectorUrl
      ? 'The dashboard shows the accuracy, measured from the digits that visitors report.'
      : 'With a collector, these reports become the measured accuracy on the dashboard.';
  if (!isSent) return `You drew a ${digit}. You can change that for a few seconds.`;
  return digit === answered
    ? 'Thank you. Counted as correct.'
    : `Thank you. Counted as wrong: you drew ${digit}, the answer was ${answered}.`;
}
