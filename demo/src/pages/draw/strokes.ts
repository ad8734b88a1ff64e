/** The side of the sheet. Strokes are in its coordinates. */
export const SIZE = 280;
const PEN = 22;

export type Point = readonly [x: number, y: number];
export type Stroke = readonly Point[];

/** Draws strokes with a round pen. A single point is a dot. */
export function paintStrokes(context: CanvasRenderingContext2D, strokes: readonly Stroke[]): void {
  context.lineWidth = PEN;
  context.lineCap = context.lineJoin = 'round';
  for (const [first, ...rest] of strokes) {
    if (!first) continue;
    context.beginPath();
    context.moveTo(...first);
    for (const point of rest.length > 0 ? rest : [first]) context.lineTo(...point);
    context.stroke();
  }
}

export interface Sheet {
  /** The model's input: black ink on white paper. */
  readonly canvas: HTMLCanvasElement;
  paint(strokes: readonly Stroke[]): void;
}

export function createSheet(): Sheet {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SIZE;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  return {
    canvas,
    paint(strokes) {
      if (!context) return;
      context.fillStyle = '#fff';
      context.fillRect(0, 0, SIZE, SIZE);
      context.strokeStyle = '#000';
      paintStrokes(context, strokes);
    },
  };
}
