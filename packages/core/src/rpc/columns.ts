import { classOf } from '../typed-array.ts';
import { LARGE_BYTES } from './buffer-pool.ts';

/**
 * Values of one kind as columns. A field that is the same in all values is stored once; small
 * arrays of equal length are joined into one. As separate objects, they take several times as long
 * to send.
 */
export type Columns =
  | { readonly all: unknown }
  | { readonly each: readonly unknown[] }
  | { readonly joined: Joinable; readonly length: number }
  | { readonly fields: Readonly<Record<string, Columns>> };

type Joinable = Float32Array;

export function toColumns(values: readonly unknown[]): Columns {
  const [first] = values;
  if (values.every((value) => Object.is(value, first))) return { all: first };
  const keys = keysOf(first);
  if (!keys || !values.every((value) => isLike(value, first as Joinable, keys)))
    return { each: values };
  if (classOf(first)) {
    const { constructor, length } = first as Joinable;
    const joined = new (constructor as Float32ArrayConstructor)(length * values.length);
    values.forEach((value, i) => joined.set(value as Joinable, i * length));
    return { joined, length };
  }
  const fields: Record<string, Columns> = {};
  for (const key of keys)
    fields[key] = toColumns(values.map((value) => (value as Record<string, unknown>)[key]));
  return { fields };
}

/** Restores `count` values. Each owns its arrays. */
export function fromColumns<T>(columns: Columns, count: number): T[] {
  const values: T[] = [];
  for (let i = 0; i < count; i += 1) values.push(valueAt(columns, i) as T);
  return values;
}

function valueAt(columns: Columns, i: number): unknown {
  if ('all' in columns) return columns.all;
  if ('each' in columns) return columns.each[i];
  if ('joined' in columns)
    return columns.joined.slice(i * columns.length, (i + 1) * columns.length);
  const value: Record<string, unknown> = {};
  for (const key in columns.fields) value[key] = valueAt(columns.fields[key] as Columns, i);
  return value;
}

/** The keys of a plain object; none for a small array; undefined for what is not split. */
function keysOf(value: unknown): readonly string[] | undefined {
  if (value?.constructor === Object) return Object.keys(value);
  return classOf(value) && (value as Joinable).byteLength < LARGE_BYTES ? [] : undefined;
}

/** Whether a value is an array of the class and length of another, or an object with these keys. */
function isLike(value: unknown, other: Joinable, keys: readonly string[]): boolean {
  if (value?.constructor !== other.constructor) return false;
  if (classOf(other)) return (value as Joinable).length === other.length;
  return (
    Object.keys(value).length === keys.length && keys.every((key) => Object.hasOwn(value, key))
  );
}
