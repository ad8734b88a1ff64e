import { useRef, useState } from 'react';
import type { CSSProperties, KeyboardEvent, PointerEvent } from 'react';

const SIZE = 8;
const STEPS: Readonly<Record<string, number | undefined>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  ArrowUp: -SIZE,
  ArrowDown: SIZE,
};
/** A pen is wider than a pixel: it also touches the pixels on the right and below. */
const TOUCHED = 0.4;

interface Props {
  readonly pixels: readonly number[];
  readonly onDraw: (change: (pixels: readonly number[]) => readonly number[]) => void;
}

/** 8 × 8 pixels that can be drawn on. One is reached with the Tab key, the others with arrow keys. */
export function Pad({ pixels, onDraw }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const [focused, setFocused] = useState(0);

  function drawOver({ buttons, clientX, clientY }: PointerEvent): void {
    const pixel = document.elementFromPoint(clientX, clientY);
    const index = [...(element.current?.children ?? [])].findIndex((child) => child === pixel);
    if (buttons > 0 && index >= 0) onDraw((before) => draw(before, index));
  }

  function move(event: KeyboardEvent): void {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = element.current?.children[focused + step];
    if (next instanceof HTMLElement) next.focus();
  }

  return (
    <div
      ref={element}
      className="pad"
      role="group"
      aria-label="8 rows of 8 pixels"
      onPointerMove={drawOver}
      onKeyDown={move}
    >
      {pixels.map((value, index) => (
        <button
          key={index}
          type="button"
          className="pixel"
          style={{ '--ink': value } as CSSProperties}
          tabIndex={index === focused ? 0 : -1}
          aria-label={`Row ${Math.floor(index / SIZE) + 1}, column ${(index % SIZE) + 1}`}
          aria-pressed={value > 0.5}
          onClick={() => onDraw((before) => draw(before, index))}
          onFocus={() => setFocused(index)}
        />
      ))}
    </div>
  );
}

/** The pixels after the pen touched one of them. */
function draw(pixels: readonly number[], index: number): readonly number[] {
  if (pixels[index] === 1) return pixels;
  const next = [...pixels];
  next[index] = 1;
  if (index % SIZE < SIZE - 1) next[index + 1] = Math.max(next[index + 1], TOUCHED);
  if (index + SIZE < next.length) next[index + SIZE] = Math.max(next[index + SIZE], TOUCHED);
  return next;
}
