import { useEffect, useRef, useState } from 'react';
import { BackendBadge } from '../parts/backend-badge.tsx';
import { DrawingPad } from '../parts/drawing-pad.tsx';
import type { Pad } from '../parts/drawing-pad.tsx';
import { Latency } from '../parts/latency.tsx';
import { Loading } from '../parts/loading.tsx';
import { ScoreBars } from '../parts/score-bars.tsx';
import { useDrawing } from '../use-drawing.ts';
import { useModel } from '../use-model.ts';

const DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

export function DrawPage() {
  const state = useModel('digits');
  const { model } = state;
  const pad = useRef<Pad>(null);
  const drawing = useDrawing(model, useModel('digits', 'preview').model);
  const { prediction } = drawing;
  const [told, setTold] = useState<string>();
  const [refused, setRefused] = useState<string>();
  const failure = refused ?? drawing.failure;

  async function tell(label: string): Promise<void> {
    // Entering the true digit finishes the drawing.
    const counted = await drawing.finish();
    if (!model || !counted) return;
    try {
      await model.feedback(counted.id, { label });
      setTold(label);
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error));
    }
  }

  function draw(canvas: HTMLCanvasElement, isEmpty: boolean): void {
    setTold(undefined);
    setRefused(undefined);
    drawing.draw(canvas, isEmpty);
  }

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (DIGITS.includes(event.key)) void tell(event.key);
      else if (event.key === 'Backspace' || event.key === 'Escape') pad.current?.clear();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  });

  const answer = prediction && 'label' in prediction.output ? prediction.output : undefined;
  const logits = prediction?.outputs['logits'];
  return (
    <div className="stack">
      <div className="intro">
        <h1>Draw a digit</h1>
        <p className="muted">
          The model runs in this browser. Nothing you draw leaves it: only counts do, and only where
          a collector is set.
        </p>
      </div>
      <div className="draw">
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
          <div className="answer-row">
            <output className="answer" data-testid="answer" aria-live="polite">
              {answer?.label ?? '·'}
            </output>
            <div className="stack" style={{ gap: 6 }}>
              <BackendBadge model={model} />
              <Latency timing={prediction?.timing} />
            </div>
          </div>
          <ScoreBars
            labels={DIGITS}
            scores={logits && softmax(logits.data as Float32Array)}
            best={answer?.label}
          />
          <fieldset className="feedback" disabled={!prediction}>
            <legend>It was a …</legend>
            {DIGITS.map((digit) => (
              <button
                key={digit}
                type="button"
                className="button"
                aria-pressed={told === digit}
                data-testid={`feedback-${digit}`}
                onClick={() => void tell(digit)}
              >
                {digit}
              </button>
            ))}
          </fieldset>
          <p className="small muted line" data-testid="counted">
            {drawing.isCounted
              ? 'Counted: one drawing.'
              : 'A drawing counts once, when the pen has been up for a second.'}
          </p>
          <p className="small muted line" role="status">
            {failure ??
              (told === undefined
                ? 'Press the digit it was, here or on the keyboard, and the dashboard knows ' +
                  'the accuracy.'
                : told === answer?.label
                  ? 'Thank you: counted as right.'
                  : `Thank you: counted as a ${told} taken for a ${answer?.label}.`)}
          </p>
        </section>
      </div>
    </div>
  );
}

function softmax(logits: Float32Array): number[] {
  const max = Math.max(...logits);
  const exponentials = Array.from(logits, (logit) => Math.exp(logit - max));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}
