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
  const form = formOf(first);
  if (form === undefined || values.some((value) => formOf(value) !== form)) return { each: values };
  if (ArrayBuffer.isView(first)) {
    const { constructor, length } = first as Joinable;
    const joined = new (constructor as Float32ArrayConstructor)(length * values.length);
    values.forEach((value, i) => joined.set(value as Joinable, i * length));
    return { joined, length };
  }
  const fields: Record<string, Columns> = {};
  for (const key in first as object)
    fields[key] = toColumns(values.map((value) => (value as Record<string, unknown>)[key]));
  return { fields };
}

/** Restores `count` values. Each owns its arrays. */
export function fromColumns<T>(columns: Columns, count: number): T[] {
  return Array.from({ length: count }, (_, i) => valueAt(columns, i) as T);
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

/**
 * Returns equal text for small arrays of one class and length, and for plain objects with the same
 * keys; undefined for other values, which are not split.
 */
function formOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { constructor } = value;
  if (constructor === Object) return JSON.stringify(Object.keys(value));
  return ArrayBuffer.isView(value) && !(value instanceof DataView) && value.byteLength < LARGE_BYTES
    ? `${constructor.name} ${(value as unknown as Joinable).length}`
    : undefined;
}
