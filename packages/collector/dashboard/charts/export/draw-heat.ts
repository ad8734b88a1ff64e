import { drawElement } from './draw-element.ts';
import type { Drawing } from './picture.ts';
import { rgbaOf } from './resolve-color.ts';
import { tag, textTag } from './svg-markup.ts';

const CHARACTER = 6.4;

/** The cells of a heat map, with the names of its rows, which the page has outside of the SVG. */
export function drawHeat(
  cells: SVGSVGElement | null,
  names: readonly string[],
  row: number,
  steps: readonly number[],
): Drawing | null {
  const legend = steps.map((from, i) => ({
    name: `${from}${i === steps.length - 1 ? '+' : ''}${i === 0 ? ' score ÷ threshold' : ''}`,
    color: `var(--heat-${i})`,
  }));
  const drawing = drawElement(cells, legend);
  if (!drawing) return null;
  const left = Math.max(...names.map(({ length }) => length)) * CHARACTER + 12;
  const fill = rgbaOf('var(--text)').hex;
  const labels = names.map((name, i) =>
    textTag(name, {
      x: left - 10,
      y: (i + 0.5) * row + 4,
      fill,
      'font-size': 11,
      'text-anchor': 'end',
    }),
  );
  return {
    ...drawing,
    width: drawing.width + left,
    markup: labels.join('\n') + tag('g', { transform: `translate(${left} 0)` }, drawing.markup),
  };
}
