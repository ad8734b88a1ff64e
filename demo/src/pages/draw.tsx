import { useEffect, useMemo, useRef, useState } from 'react';
import type { Prediction } from 'perigee';
import { latest } from '../latest.ts';
import { BackendBadge } from '../parts/backend-badge.tsx';
import { DrawingPad } from '../parts/drawing-pad.tsx';
import type { Pad } from '../parts/drawing-pad.tsx';
import { Latency } from '../parts/latency.tsx';
import { Loading } from '../parts/loading.tsx';
import { ScoreBars } from '../parts/score-bars.tsx';
import { useModel } from '../use-model.ts';

const DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

export function DrawPage() {
  const state = useModel('digits');
  const { model } = state;
  const pad = useRef<Pad>(null);
  const [prediction, setPrediction] = useState<Prediction>();
  const [told, setTold] = useState<string>();
  const [failure, setFailure] = useState<string>();

  const predict = useMemo(() => latest(async (canvas: HTMLCanvasElement | null) => {
    setTold(undefined);
    if (!canvas || !model) return setPrediction(undefined);
    try {
      setPrediction(await model.predict(canvas));
      setFailure(undefined);
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
  }), [model]);

  // What was drawn while the model was still on its way is answered when it is here.
  const drawn = useRef<HTMLCanvasElement | null>(null);
  useEffect(() => {
    if (drawn.current) predict(drawn.current);
  }, [predict]);

  async function tell(label: string): Promise<void> {
    if (!model || !prediction) return;
    try {
      await model.feedback(prediction.id, { label });
      setTold(label);
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
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
        <p className="muted">The model runs in this browser. Nothing you draw leaves it: only counts do, and only where a collector is set.</p>
      </div>
      <div className="draw">
        <section className="card stack" aria-label="Drawing">
          <DrawingPad ref={pad} onDraw={(canvas, isEmpty) => predict(drawn.current = isEmpty ? null : canvas)} />
          <div className="row">
            <button type="button" className="button" onClick={() => pad.current?.undo()}>Undo</button>
            <button type="button" className="button" onClick={() => pad.current?.clear()}>Clear</button>
            <span className="spacer" />
            <Loading state={state} name="digits" />
          </div>
        </section>
        <section className="card stack" aria-label="Answer">
          <div className="answer-row">
            <output className="answer" data-testid="answer" aria-live="polite">{answer?.label ?? '·'}</output>
            <div className="stack" style={{ gap: 6 }}>
              <BackendBadge model={model} />
              <Latency timing={prediction?.timing} />
            </div>
          </div>
          <ScoreBars labels={DIGITS} scores={logits && softmax(logits.data as Float32Array)} best={answer?.label} />
          <fieldset className="feedback" disabled={!prediction}>
            <legend>It was a …</legend>
            {DIGITS.map((digit) => (
              <button key={digit} type="button" className="button" aria-pressed={told === digit} data-testid={`feedback-${digit}`} onClick={() => void tell(digit)}>{digit}</button>
            ))}
          </fieldset>
          <p className="small muted line" role="status">{failure ?? (told === undefined ? 'Press the digit it was, here or on the keyboard, and the dashboard knows the accuracy.' : told === answer?.label ? 'Thank you: counted as right.' : `Thank you: counted as a ${told} taken for a ${answer?.label}.`)}</p>
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
