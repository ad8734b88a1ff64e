import { differentShapes } from './faults.ts';
import type { Part } from './part.ts';

/**
 * A list whose length is written before its items.
 * @param what name for error messages
 */
export function list<T>(what: string, maxLength: number, item: Part<T>): Part<readonly T[]> {
  const items = itemsOf(what, item);
  return {
    ...items,
    empty: () => [],
    write(writer, values) {
      writer.varint(values.length);
      items.write(writer, values);
    },
    read: (source, before) =>
      Array.from({ length: source.reader.varint(maxLength) }, () => item.read(source, before)),
    addEncoded(sum, input) {
      const length = input.varint();
      if (length !== sum.length) throw differentShapes(what, sum.length, length);
      return items.addEncoded(sum, input);
    },
  };
}

/** A list whose length is the same in every profile. */
export function fixedList<T>(what: string, length: number, item: Part<T>): Part<readonly T[]> {
  return {
    ...itemsOf(what, item),
    empty: () => Array.from({ length }, () => item.empty()),
    read: (source, before) => Array.from({ length }, () => item.read(source, before)),
  };
}

/** The items of a list, without its length. */
function itemsOf<T>(what: string, item: Part<T>): Omit<Part<readonly T[]>, 'empty' | 'read'> {
  return {
    write(writer, values) {
      for (const value of values) item.write(writer, value);
    },
    copy: (values) => values.map(item.copy),
    map: (values, change) => values.map((value) => item.map(value, change)),
    each(values, visit) {
      for (const value of values) item.each(value, visit);
    },
    size: (values) => values.reduce((sum, value) => sum + item.size(value), 0),
    addInto(sum, values) {
      if (sum.length !== values.length) throw differentShapes(what, sum.length, values.length);
      for (let i = 0; i < values.length; i += 1)
        replace(sum, i, item.addInto(sum[i] as T, values[i] as T));
      return sum;
    },
    addEncoded(sum, input) {
      for (let i = 0; i < sum.length; i += 1) replace(sum, i, item.addEncoded(sum[i] as T, input));
      return sum;
    },
  };
}

function replace<T>(list: readonly T[], index: number, value: T): void {
  (list as T[])[index] = value;
}
