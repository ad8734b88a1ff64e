import type uPlot from 'uplot';
import type { Mark } from '../../src/api-alerts.ts';
import { MARK_SIGN } from '../parts/mark-sign.ts';

/** Signs closer than this, in CSS pixels, would cover each other. */
const APART = 12;

/** Draws a vertical line for each mark, with its sign above the plot. */
export function drawMarks(
  { ctx, bbox, valToPos }: uPlot,
  marks: readonly Mark[],
  colorOf: (kind: Mark['kind']) => string,
): void {
  const scale = devicePixelRatio;
  ctx.save();
  ctx.font = `${11 * scale}px system-ui`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'top';
  ctx.lineWidth = scale;
  ctx.setLineDash([2 * scale, 3 * scale]);
  let last = Number.NEGATIVE_INFINITY;
  for (const { at, kind } of marks) {
    const x = Math.round(valToPos(Date.parse(at) / 1_000, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = colorOf(kind);
    ctx.fillStyle = colorOf(kind);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top + 14 * scale);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    if (x - last < APART * scale) continue;
    ctx.fillText(MARK_SIGN[kind], x, bbox.top + scale);
    last = x;
  }
  ctx.restore();
}
