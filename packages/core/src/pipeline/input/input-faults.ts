import type { TensorSignature } from '@perigee/registry';
import { PerigeeError } from '../../error.ts';
import { classOf } from '../../typed-array.ts';

/** The remedy in messages about a shape that is not clear. */
export const GIVE_SHAPE = 'Pass { dtype, shape, data }.';

/** An INVALID_INPUT error about one input. `mend` says how to fix it. */
export function mismatch(expected: TensorSignature, got: string, mend: string): PerigeeError {
  const message = `input "${expected.name}": expected ${shapeText(expected)}, got ${got}. ${mend}`;
  return new PerigeeError('INVALID_INPUT', message, { details: { input: expected.name } });
}

export function show(expected: TensorSignature): string {
  return `${expected.name}: ${shapeText(expected)}${expected.optional ? ' (optional)' : ''}`;
}

function shapeText({ dtype, shape, rank }: TensorSignature): string {
  if (rank === 'unknown') return `${dtype} of any shape`;
  return `${dtype} [${shape.map((size) => size ?? '?').join(', ')}]`;
}

/** A value in a few words, for messages. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  const name = classOf(value) ?? (value as object).constructor?.name ?? 'Object';
  if (typeof value === 'string') return `the text ${JSON.stringify(value.slice(0, 40))}`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object') return `${typeof value} ${String(value)}`;
  if (name !== 'Object') return `a ${name}`;
  return `an object with ${Object.keys(value).join(', ') || 'no fields'}`;
}
