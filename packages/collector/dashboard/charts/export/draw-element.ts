import type { Drawing, LegendItem } from './picture.ts';
import { rgbaOf } from './resolve-color.ts';

/** Styles that the page's style sheets may set on a part of a chart. */
const STYLES = [
  'stroke-width',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'font-size',
  'font-weight',
  'text-anchor',
] as const;
/** Attributes that mean something only within the page. */
const DROPPED = ['class', 'style', 'role', 'tabindex', 'aria-label', 'aria-hidden'];

/** The drawing of an SVG element of the page, without need of the page's style sheets. */
export function drawElement(
  element: SVGSVGElement | null,
  legend: readonly LegendItem[],
): Drawing | null {
  if (!element) return null;
  const { width, height } = element.getBoundingClientRect();
  const copy = element.cloneNode(true) as SVGSVGElement;
  const [from, to] = [[...element.querySelectorAll('*')], [...copy.querySelectorAll('*')]];
  for (const [i, original] of from.entries()) {
    const copied = to[i];
    if (copied) writeStyles(original, copied);
  }
  // Not innerHTML, which writes &nbsp;, and XML knows no such entity.
  const xml = new XMLSerializer();
  const markup = [...copy.childNodes].map((node) => xml.serializeToString(node)).join('');
  return { width, height, legend, markup };
}

function writeStyles(from: Element, to: Element): void {
  const style = getComputedStyle(from);
  for (const name of DROPPED) to.removeAttribute(name);
  if (['g', 'title'].includes(from.localName)) return;
  for (const paint of ['fill', 'stroke'] as const) {
    const value = style.getPropertyValue(paint);
    const { hex, alpha } = value === 'none' ? { hex: 'none', alpha: 1 } : rgbaOf(value);
    to.setAttribute(paint, alpha === 0 ? 'none' : hex);
    if (alpha > 0 && alpha < 1) to.setAttribute(`${paint}-opacity`, String(alpha));
  }
  for (const name of STYLES) {
    const value = style.getPropertyValue(name);
    if (value !== '' && value !== 'none') to.setAttribute(name, value.replaceAll('px', ''));
  }
  if (style.opacity !== '1') to.setAttribute('opacity', style.opacity);
}
