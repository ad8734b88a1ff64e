/** Resolves a CSS colour, because canvas and files do not support var() or light-dark(). */
export function resolveColor(value: string): string {
  const probe = document.createElement('i');
  probe.style.color = value;
  // In forced colours every line would have the colour of text.
  probe.style.setProperty('forced-color-adjust', 'none');
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

const known = new Map<string, Rgba>();

export interface Rgba {
  /** `#rrggbb`, which every program that reads SVG knows. */
  readonly hex: string;
  /** 0 to 1. */
  readonly alpha: number;
}

/** A colour in any form that CSS has, as a hex code. */
export function rgbaOf(value: string): Rgba {
  // A custom property has another value in the other theme.
  const color = value.includes('var(') ? resolveColor(value) : value;
  const before = known.get(color);
  if (before) return before;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const context = canvas.getContext('2d');
  if (!context) return { hex: '#000000', alpha: 1 };
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0, alpha = 255] = context.getImageData(0, 0, 1, 1).data;
  const hex = `#${[red, green, blue].map((part) => part.toString(16).padStart(2, '0')).join('')}`;
  const rgba = { hex, alpha: alpha / 255 };
  known.set(color, rgba);
  return rgba;
}
