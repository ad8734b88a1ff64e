import drawings from '../../../models/digits/strokes.json';

/** A digit as its strokes on a sheet of 280 × 280, as `models/digits/strokes.json` has them. */
export interface SampleDigit {
  readonly digit: number;
  readonly style: string;
  readonly strokes: readonly (readonly (readonly number[])[])[];
}

export const SAMPLE_DIGITS: readonly SampleDigit[] = drawings;

const SHEET = 280;
const PEN = 22;

/** Draws black strokes. The sheet is scaled to `size` and begins at (x, y). */
export function drawDigit(
  context: CanvasRenderingContext2D,
  { strokes }: SampleDigit,
  { x = 0, y = 0, size = SHEET } = {},
): void {
  context.save();
  context.translate(x, y);
  context.scale(size / SHEET, size / SHEET);
  context.strokeStyle = '#000';
  context.lineWidth = PEN;
  context.lineCap = context.lineJoin = 'round';
  for (const points of strokes) {
    context.beginPath();
    for (const [a = 0, b = 0] of points) context.lineTo(a, b);
    context.stroke();
  }
  context.restore();
}

/** A sheet with one digit. */
export function sheetWith(digit: SampleDigit): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SHEET;
  const context = canvas.getContext('2d');
  if (context) {
    context.fillStyle = '#fff';
    context.fillRect(0, 0, SHEET, SHEET);
    drawDigit(context, digit);
  }
  return canvas;
}

/**
 * The digits in an order that looks shuffled and never shows one twice in a row: every seventh,
 * around and around. Seven and the number of samples have no common factor.
 */
export function sampleAt(turn: number): SampleDigit {
  const sample = SAMPLE_DIGITS[(turn * STEP) % SAMPLE_DIGITS.length];
  if (!sample) throw new Error('models/digits/strokes.json is empty.');
  return sample;
}

const STEP = SAMPLE_DIGITS.length % 7 === 0 ? 11 : 7;
