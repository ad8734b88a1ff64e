import '../../styles/draw.css';
import { useRef } from 'react';
import type { KeyboardEvent } from 'react';
import { KeepSite } from '../../parts/keep-site.tsx';
import { Loading } from '../../parts/loading.tsx';
import { ScoreBars } from '../../parts/score-bars.tsx';
import { Answer } from './answer.tsx';
import { correction } from './correction.ts';
import { DIGITS, scoresOf } from './digits.ts';
import { DrawingPad } from './drawing-pad.tsx';
import { drawing } from './drawing.ts';
import { Feedback } from './feedback.tsx';
import { Samples } from './samples.tsx';
import { Seen } from './seen.tsx';
import { useDigits } from './use-digits.ts';

export default function DrawPage() {
  const { model, state, correction: report } = useDigits();
  const pad = useRef<HTMLCanvasElement>(null);
  const { prediction } = state;

  /** Digit keys report only while the focus is on the pad, as after drawing. */
  function onKey({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): void {
    if (ctrlKey || metaKey || altKey) return;
    if (prediction && DIGITS.includes(key)) correction.choose(key);
  }

  /** The buttons are disabled now, so the pad takes the focus. */
  function send(): void {
    pad.current?.focus();
    void correction.send();
  }

  return (
    <div className="stack">
      <div className="intro">
        <h1>Draw a digit</h1>
        <p className="muted">The model runs in your browser. Your drawing stays there.</p>
      </div>
      <div className="draw">
        <section className="card draw-stage" aria-label="Drawing and answer">
          <div className="draw-pad" onKeyDown={onKey}>
            <DrawingPad ref={pad} />
          </div>
          <Answer model={model} prediction={prediction} />
          <div className="draw-tools row">
            <button type="button" className="button" onClick={drawing.undo}>
              Undo
            </button>
            <button type="button" className="button" onClick={drawing.clear}>
              Clear
            </button>
            <Loading state={model} name="digits" />
          </div>
          <div className="draw-scores">
            <ScoreBars
              labels={DIGITS}
              scores={scoresOf(prediction)}
              best={prediction?.output.label}
            />
          </div>
          <Samples />
        </section>
        <Seen explanation={state.explanation} />
        <Feedback drawing={state} state={report} onSend={send} />
      </div>
      {prediction && <KeepSite />}
    </div>
  );
}
