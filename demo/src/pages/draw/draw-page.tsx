import { useRef } from 'react';
import type { KeyboardEvent } from 'react';
import { useModel } from '@perigee/react';
import { Loading } from '../../parts/loading.tsx';
import { KeepSite } from '../../parts/keep-site.tsx';
import { COUNTED, PREVIEW } from '../../perigee.ts';
import { Answer } from './answer.tsx';
import { DIGITS } from './digits.ts';
import { DrawingPad } from './drawing-pad.tsx';
import type { Pad } from './drawing-pad.tsx';
import { Feedback } from './feedback.tsx';
import { useDrawing } from './use-drawing.ts';
import { useFeedback } from './use-feedback.ts';

export function DrawPage() {
  const state = useModel('digits', COUNTED);
  const pad = useRef<Pad>(null);
  const drawing = useDrawing(state.data, useModel('digits', PREVIEW).data);
  const feedback = useFeedback(state.data, drawing);

  function draw(canvas: HTMLCanvasElement, isEmpty: boolean): void {
    feedback.reset();
    drawing.draw(canvas, isEmpty);
  }

  /** After a report, the buttons are disabled. The pad takes the focus, so that keys still work. */
  function reportByButton(digit: string): void {
    pad.current?.focus();
    void feedback.report(digit);
  }

  function onKey({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): void {
    if (ctrlKey || metaKey || altKey) return;
    if (DIGITS.includes(key)) void feedback.report(key);
    else if (key === 'Backspace' || key === 'Escape') pad.current?.clear();
  }

  return (
    <div className="stack">
      <div className="intro">
        <h1>Draw a digit</h1>
        <p className="muted">
          The model runs in your browser, and your drawing stays there. If a collector is
          configured, only counts are sent to it.
        </p>
      </div>
      {/* The keys of digits work while the focus is on the pad or the answer, as after drawing. */}
      <div className="draw" onKeyDown={onKey}>
        <section className="card stack" aria-label="Drawing">
          <DrawingPad ref={pad} onDraw={draw} onLift={drawing.lift} />
          <div className="row">
            <button type="button" className="button" onClick={() => pad.current?.undo()}>
              Undo
            </button>
            <button type="button" className="button" onClick={() => pad.current?.clear()}>
              Clear
            </button>
            <span className="spacer" />
            <Loading state={state} name="digits" />
          </div>
        </section>
        <section className="card stack" aria-label="Answer">
          <Answer model={state.data} prediction={drawing.prediction} />
          <Feedback drawing={drawing} feedback={feedback} onReport={reportByButton} />
          {drawing.prediction && <KeepSite />}
        </section>
      </div>
    </div>
  );
}
