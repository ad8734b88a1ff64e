import type { Signature } from '@perigee/registry';
import { shapeText } from '../print/shape-text.ts';
import { table } from '../print/table.ts';

/** The facts about a file that `perigee inspect` prints. */
export interface Inspection {
  /** For --json. */
  readonly json: unknown;
  readonly text: string;
}

export function signatureTable({ inputs, outputs }: Signature): string {
  const row =
    (side: string) =>
    (one: Signature['inputs'][number]): string[] => [side, one.name, one.dtype, shapeText(one)];
  return table(
    ['', 'name', 'dtype', 'shape'],
    [...inputs.map(row('input')), ...outputs.map(row('output'))],
  );
}

export function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
