import { PerigeeError } from '../../error.ts';
import type { WireInput } from '../../rpc/protocol.ts';

/**
 * A record of named numbers, or a list in the features' order → one value a feature; null where it is missing.
 * @throws PerigeeError INVALID_INPUT naming the features at fault
 */
export function decodeRow(input: WireInput, features: readonly string[]): (number | null)[] {
  if (input.kind === 'record') {
    const unknown = Object.keys(input.values).filter((name) => !features.includes(name));
    if (unknown.length > 0) {
      throw new PerigeeError('INVALID_INPUT', `unknown feature${unknown.length > 1 ? 's' : ''} ${unknown.map((name) => suggestion(name, features)).join(', ')}. The model takes: ${features.join(', ')}.`);
    }
    return features.map((name) => value(input.values[name], name));
  }
  if (input.kind === 'image') throw new PerigeeError('INVALID_INPUT', `The model takes ${features.length} named numbers, not an image: ${features.join(', ')}.`);
  const list = input.kind === 'list' ? input.values : Array.from(input.data as unknown as ArrayLike<number>);
  if (list.length !== features.length) throw new PerigeeError('INVALID_INPUT', `The model takes ${features.length} numbers in the order ${features.join(', ')}; got ${list.length}.`);
  return list.map((item, i) => value(item, features[i] ?? ''));
}

function value(item: unknown, name: string): number | null {
  if (item === undefined || item === null || (typeof item === 'number' && Number.isNaN(item))) return null;
  if (typeof item === 'number') return item;
  throw new PerigeeError('INVALID_INPUT', `feature "${name}": expected a number, got ${typeof item} ${JSON.stringify(item)}.`);
}

/** Missing values → `values`, or an error that names them where the pipeline has none to put in. */
export function imputeRow(row: readonly (number | null)[], values: readonly number[] | null, features: readonly string[]): Float32Array {
  const missing = features.filter((_, i) => row[i] === null);
  if (missing.length > 0 && !values) {
    throw new PerigeeError('INVALID_INPUT', `missing feature${missing.length > 1 ? 's' : ''} ${missing.join(', ')}. The model needs all ${features.length}; it was packed without values to put in for missing ones.`);
  }
  return Float32Array.from(row, (item, i) => item ?? values?.[i] ?? 0);
}

function suggestion(name: string, features: readonly string[]): string {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const near = features.find((feature) => plain(feature) === plain(name)) ?? features.find((feature) => plain(feature).includes(plain(name)) || plain(name).includes(plain(feature)));
  return near === undefined ? `"${name}"` : `"${name}" (did you mean "${near}"?)`;
}
