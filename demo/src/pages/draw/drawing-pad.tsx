import { useEffect, useImperativeHandle, useRef, useState } from 'react';
import type { PointerEvent, Ref } from 'react';

const SIZE = 280;
const PEN = 22;

type Point = readonly [x: number, y: number];

export interface Pad {
  clear(): void;
  undo(): void;
  focus(): void;
}

interface Props {
  readonly ref: Ref<Pad>;
  readonly onDraw: (canvas: HTMLCanvasElement, isEmpty: boolean) => void;
  /** Called when the pen is up: after a stroke, and after a stroke was undone. */
  readonly onLift: () => void;
}

/** A white sheet and a black pen. Strokes are kept, so that the last one can be undone. */
export function DrawingPad({ ref, onDraw, onLift }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const strokes = useRef<Point[][]>([]);
  const drawing = useRef(false);
  const [isEmpty, setIsEmpty] = useState(true);

  function paint(): void {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    context.fillStyle = '#fff';
    context.fillRect(0, 0, SIZE, SIZE);
    context.strokeStyle = '#000';
    context.lineWidth = PEN;
    context.lineCap = context.lineJoin = 'round';
    for (const [first, ...rest] of strokes.current) {
      if (!first) continue;
      context.beginPath();
      context.moveTo(...first);
      // A single point is drawn as a dot.
      for (const point of rest.length > 0 ? rest : [first]) context.lineTo(...point);
      context.stroke();
    }
  }

  function change(next: Point[][]): void {
    strokes.current = next;
    setIsEmpty(next.length === 0);
    paint();
    if (canvas.current) onDraw(canvas.current, next.length === 0);
  }

  useEffect(paint, []);
  function lift(): void {
    drawing.current = false;
    if (strokes.current.length > 0) onLift();
  }

  useImperativeHandle(ref, () => ({
    clear: () => change([]),
    undo() {
      change(strokes.current.slice(0, -1));
      lift();
    },
    focus: () => canvas.current?.focus(),
  }));

  const at = ({ nativeEvent, currentTarget }: PointerEvent<HTMLCanvasElement>): Point => {
    const { width, height } = currentTarget.getBoundingClientRect();
    return [(nativeEvent.offsetX / width) * SIZE, (nativeEvent.offsetY / height) * SIZE];
  };

  return (
    <div className="pad-frame">
      <canvas
        ref={canvas}
        className="pad"
        width={SIZE}
        height={SIZE}
        tabIndex={0}
        role="img"
        aria-label="Drawing pad: draw a digit from 0 to 9"
        data-testid="draw-canvas"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          drawing.current = true;
          change([...strokes.current, [at(event)]]);
        }}
        onPointerMove={(event) => {
          if (!drawing.current) return;
          strokes.current.at(-1)?.push(at(event));
          change(strokes.current);
        }}
        onPointerUp={lift}
        onPointerCancel={lift}
      />
      {isEmpty && (
        <span className="pad-hint" aria-hidden="true">
          Draw here
        </span>
      )}
    </div>
  );
}
