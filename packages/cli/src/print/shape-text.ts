import type { TensorSignature } from '@perigee/registry';

/** The shape of an input or output as text for people, with its other properties. */
export function shapeText({ shape, rank, optional, labels, list }: TensorSignature): string {
  const sizes =
    rank === 'unknown' ? 'any shape' : `[${shape.map((size) => size ?? '?').join(', ')}]`;
  const facts = [
    optional && 'optional',
    list && 'list',
    labels &&
      `one column per label: ${labels.slice(0, 5).join(', ')}${labels.length > 5 ? ', …' : ''}`,
  ].filter(Boolean);
  return [sizes, ...facts].join('; ');
}
