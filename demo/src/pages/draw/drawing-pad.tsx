import { useEffect, useRef, useSyncExternalStore } from 'react';
import type { KeyboardEvent, PointerEvent, Ref } from 'react';
import { useTheme } from '../../../../ui/use-theme.ts';
import { drawing } from './drawing.ts';
import { paintStrokes, SIZE } from './strokes.ts';
import type { Point } from './strokes.ts';

/** Pixels of the canvas for one of the sheet, so that lines are sharp on dense screens. */
const DENSITY = 2;

/** A pad to draw on, in the colours of the theme. The model gets a sheet of its own. */
export function DrawingPad({ ref }: { readonly ref?: Ref<HTMLCanvasElement> }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const isDown = useRef(false);
  const { strokes } = useSyncExternalStore(drawing.subscribe, drawing.getState);
  const theme = useTheme();

  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || !canvas.current) return;
    context.setTransform(DENSITY, 0, 0, DENSITY, 0, 0);
    context.clearRect(0, 0, SIZE, SIZE);
    context.strokeStyle = getComputedStyle(canvas.current).color;
    paintStrokes(context, strokes);
  }, [strokes, theme]);

  function lift(): void {
    isDown.current = false;
    drawing.lift();
  }

  function onKey({ key }: KeyboardEvent): void {
    if (key === 'Backspace' || key === 'Escape') drawing.clear();
  }

  return (
    <div className="pad-frame">
      <canvas
        ref={(element) => {
          canvas.current = element;
          if (typeof ref === 'function') ref(element);
          else if (ref) ref.current = element;
        }}
        className="pad"
        width={SIZE * DENSITY}
        height={SIZE * DENSITY}
        tabIndex={0}
        role="img"
        aria-label="Drawing pad: draw a digit from 0 to 9"
        data-testid="draw-canvas"
        onKeyDown={onKey}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          isDown.current = true;
          drawing.begin(pointOf(event));
        }}
        onPointerMove={(event) => {
          if (isDown.current) drawing.extend(pointOf(event));
        }}
        onPointerUp={lift}
        onPointerCancel={lift}
      />
      {strokes.length === 0 && (
        <span className="pad-hint" aria-hidden="true">
          Draw here
        </span>
      )}
    </div>
  );
}

function pointOf({ nativeEvent, currentTarget }: PointerEvent<HTMLCanvasElement>): Point {
  const { width, height } = currentTarget.getBoundingClientRect();
  return [(nativeEvent.offsetX / width) * SIZE, (nativeEvent.offsetY / height) * SIZE];
}
