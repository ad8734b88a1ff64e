import { PerigeeError } from '../../error.ts';
import type { WireInput } from '../../rpc/protocol.ts';

/** One value per feature, as the app gave it; null where it is missing. */
export type Row = readonly (number | string | null)[];

/**
 * Converts a record of named values, or a list in the features' order, to a row.
 * @param words features that take words instead of numbers
 * @throws PerigeeError INVALID_INPUT naming the features at fault
 */
export function decodeRow(
  input: WireInput,
  features: readonly string[],
  words: Pick<ReadonlySet<string>, 'has' | 'size'>,
): Row {
  const read = (item: unknown, name: string): number | string | null =>
    words.has(name) ? word(item, name) : value(item, name);
  if (input.kind === 'record') {
    const { values } = input;
    const unknown = Object.keys(values).filter((name) => !features.includes(name));
    if (unknown.length > 0) {
      throw new PerigeeError(
        'INVALID_INPUT',
        `unknown feature${unknown.length > 1 ? 's' : ''} ` +
          `${unknown.map((name) => suggestion(name, features)).join(', ')}. ` +
          `The model takes: ${features.join(', ')}.`,
      );
    }
    return features.map((name) =>
      read(Object.hasOwn(values, name) ? values[name] : undefined, name),
    );
  }
  const what = words.size > 0 ? 'values' : 'numbers';
  if (input.kind === 'image')
    throw new PerigeeError(
      'INVALID_INPUT',
      `The model takes ${features.length} named ${what}, not an image: ${features.join(', ')}.`,
    );
  const list =
    input.kind === 'list' ? input.values : Array.from(input.data as unknown as ArrayLike<number>);
  if (list.length !== features.length)
    throw new PerigeeError(
      'INVALID_INPUT',
      `The model takes ${features.length} ${what} in the order ${features.join(', ')}; ` +
        `got ${list.length}.`,
    );
  return list.map((item, i) => read(item, features[i] ?? ''));
}

function isMissing(item: unknown): boolean {
  return item === undefined || item === null || Number.isNaN(item);
}

function value(item: unknown, name: string): number | null {
  if (isMissing(item)) return null;
  if (typeof item === 'number') return item;
  throw new PerigeeError(
    'INVALID_INPUT',
    `feature "${name}": expected a number, got ${shown(item)}.`,
  );
}

/** Reads a word. A category may be a number, such as a store's: 7 becomes the word "7". */
function word(item: unknown, name: string): string | null {
  if (isMissing(item)) return null;
  if (typeof item === 'string') return item;
  if (typeof item === 'number') return String(item);
  throw new PerigeeError(
    'INVALID_INPUT',
    `feature "${name}": expected a word, got ${shown(item)}.`,
  );
}

function shown(item: unknown): string {
  const text = typeof item === 'bigint' ? String(item) : JSON.stringify(item);
  return `${typeof item} ${text}`;
}

/**
 * Replaces missing values by those in `values`.
 * @throws PerigeeError INVALID_INPUT naming the missing features if `values` is null
 */
export function imputeRow(
  row: Row,
  values: readonly (number | string)[] | null,
  features: readonly string[],
): readonly (number | string)[] {
  const missing = features.filter((_, i) => row[i] === null);
  if (missing.length > 0 && !values) {
    throw new PerigeeError(
      'INVALID_INPUT',
      `missing feature${missing.length > 1 ? 's' : ''} ${missing.join(', ')}. ` +
        `The model needs all ${features.length}; ` +
        'it was packed without values to put in for missing ones.',
    );
  }
  return row.map((item, i) => item ?? values?.[i] ?? 0);
}

function suggestion(name: string, features: readonly string[]): string {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const near =
    features.find((feature) => plain(feature) === plain(name)) ??
    features.find(
      (feature) => plain(feature).includes(plain(name)) || plain(name).includes(plain(feature)),
    );
  return near === undefined ? `"${name}"` : `"${name}" (did you mean "${near}"?)`;
}
