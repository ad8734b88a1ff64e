import { useState } from 'react';
import { DIGITS } from './digits.ts';
import { drawing } from './drawing.ts';
import type { Stroke } from './strokes.ts';

interface Sample {
  readonly digit: number;
  readonly strokes: readonly Stroke[];
}

/** Digits to press instead of drawing them. The same digit comes in another hand each time. */
export function Samples() {
  const [pressed, setPressed] = useState<Readonly<Record<string, number>>>({});

  async function show(digit: string): Promise<void> {
    const { default: all } = await import('../../../../models/digits/strokes.json');
    const hands = (all as unknown as readonly Sample[]).filter(
      (sample) => String(sample.digit) === digit,
    );
    const times = pressed[digit] ?? 0;
    setPressed({ ...pressed, [digit]: times + 1 });
    drawing.replace(hands[times % hands.length]?.strokes ?? []);
  }

  return (
    <fieldset className="digit-buttons">
      <legend>Or let a sample be drawn</legend>
      {DIGITS.map((digit) => (
        <button
          key={digit}
          type="button"
          className="button"
          aria-label={`Draw a sample ${digit}`}
          data-testid={`sample-${digit}`}
          onClick={() => void show(digit)}
        >
          {digit}
        </button>
      ))}
    </fieldset>
  );
}
