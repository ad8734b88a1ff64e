import { rgbaOf } from './resolve-color.ts';
import { escapeXml, tag, textTag } from './svg-markup.ts';

export interface LegendItem {
  readonly name: string;
  /** A CSS colour. */
  readonly color: string;
  readonly dash?: readonly number[] | undefined;
}

/** The drawing of a chart, without its title and its legend. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** Markup of SVG, with colours as hex codes. */
  readonly markup: string;
  readonly legend: readonly LegendItem[];
}

const PADDING = 20;
const TITLE = 26;
const LINE = 20;
const SWATCH = 16;
/** Mean width of a character at 12 px. */
const CHARACTER = 6.6;
const FONT = 'system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif';

/** A drawing with a title, the line below it, and its legend, as the text of an SVG file. */
export function pictureText(drawing: Drawing, title: string, about: string): string {
  const legend = placed(drawing.legend, drawing.width);
  const legendHeight = legend.length === 0 ? 0 : (Math.max(...legend.map(({ y }) => y)) + 1) * LINE;
  const top = PADDING + TITLE + LINE + legendHeight + 6;
  const [width, height] = [drawing.width + 2 * PADDING, top + drawing.height + PADDING];
  const [text, muted] = [rgbaOf('var(--text)').hex, rgbaOf('var(--muted)').hex];
  const content = [
    tag('title', {}, escapeXml(`${title}, ${about}`)),
    tag('rect', { width, height, fill: rgbaOf('var(--surface)').hex }),
    textTag(title, {
      x: PADDING,
      y: PADDING + 14,
      fill: text,
      'font-size': 16,
      'font-weight': 600,
    }),
    textTag(about, { x: PADDING, y: PADDING + TITLE + 10, fill: muted, 'font-size': 12 }),
    ...legend.map(({ item, x, y }) =>
      tag(
        'g',
        { transform: `translate(${PADDING + x} ${PADDING + TITLE + LINE + y * LINE + 6})` },
        swatch(item) + textTag(item.name, { x: SWATCH, y: 9, fill: text, 'font-size': 12 }),
      ),
    ),
    tag('g', { transform: `translate(${PADDING} ${top})` }, drawing.markup),
  ];
  return tag(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      'font-family': FONT,
    },
    content.join('\n'),
  );
}

function swatch({ color, dash }: LegendItem): string {
  const { hex, alpha } = rgbaOf(color);
  return dash
    ? tag('line', {
        x1: 0,
        x2: 12,
        y1: 5,
        y2: 5,
        stroke: hex,
        'stroke-width': 2,
        'stroke-dasharray': dash.join(' '),
      })
    : tag('rect', { width: 10, height: 10, rx: 3, fill: hex, 'fill-opacity': alpha });
}

/** Puts the items of a legend into lines. */
function placed(
  legend: readonly LegendItem[],
  width: number,
): readonly { readonly item: LegendItem; readonly x: number; readonly y: number }[] {
  let [x, y] = [0, 0];
  return legend.map((item) => {
    const needed = SWATCH + item.name.length * CHARACTER + 18;
    if (x > 0 && x + needed > width) [x, y] = [0, y + 1];
    const at = { item, x, y };
    x += needed;
    return at;
  });
}
