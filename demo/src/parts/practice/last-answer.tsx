import { useEffect, useRef } from 'react';
import { duration } from '../../format.ts';
import { drawDigit } from '../sample-digits.ts';
import type { Practice } from './use-practice-device.ts';

const SIZE = 72;

/** The sample that was predicted last, small, and its answer. */
export function LastAnswer({ device: { last, isReady } }: { readonly device: Practice }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    context.fillStyle = '#fff';
    context.fillRect(0, 0, SIZE, SIZE);
    if (last) drawDigit(context, last.sample, { size: SIZE });
  }, [last]);
  return (
    <div className="row last-answer">
      <canvas
        ref={canvas}
        width={SIZE}
        height={SIZE}
        role="img"
        aria-label={last ? `A drawn ${last.sample.digit}` : 'No digit yet'}
      />
      <output className="answer" data-testid="answer" aria-live="polite">
        {last?.label ?? '–'}
      </output>
      <span className="small muted">
        {last
          ? `Answered on this device in ${duration(last.ms)}.`
          : isReady
            ? 'The model is here.'
            : 'The model is being loaded …'}
      </span>
    </div>
  );
}
