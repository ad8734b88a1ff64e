import type { OutsideTraining } from 'perigee';
import type { DataSet } from './data/data-set.ts';

/** From here on zeros are hard to count. */
const LARGE = 1e12;

/** A number as people write it: four digits, with a true minus sign. */
export function numberText(value: number): string {
  const size = Math.abs(value);
  const text = size.toLocaleString('en', {
    maximumSignificantDigits: 4,
    notation: size > LARGE ? 'scientific' : 'standard',
  });
  return value < 0 ? `−${text}` : text;
}

/** Percentage points with their sign. */
export function pointsText(points: number): string {
  const rounded = Math.round(points * 100);
  if (rounded === 0) return '0';
  return rounded > 0 ? `+${rounded}` : `−${-rounded}`;
}

/** One sentence about the values that the training data did not have. */
export function outsideText(
  { features, training, things }: DataSet,
  outside: readonly OutsideTraining[],
): string {
  const [first, ...others] = outside;
  if (!first) return `Each value is within the range of the ${training.length} training ${things}.`;
  const label = features.find(({ name }) => name === first.feature)?.label ?? first.feature;
  const seen =
    first.reason === 'new-word'
      ? `${label} “${first.value}” is no word of the training ${things}.`
      : `${label} ${numberText(first.value)} is ${first.reason} all training ${things}: they have ` +
        `${numberText(first.min)} to ${numberText(first.max)}.`;
  const { length } = others;
  if (length === 0) return seen;
  return `${seen} ${length === 1 ? 'One more value is' : `${length} more values are`} outside, too.`;
}
