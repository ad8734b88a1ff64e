import { capped, count } from './count.ts';
import type { Part, PartsOf } from './part.ts';

interface Field<T> {
  readonly name: keyof T;
  readonly part: Part<T[keyof T], T>;
}

/** An object with a part for each field. Fields are written in the order of `parts`. */
export function struct<T extends object>(parts: PartsOf<T>): Part<T> {
  const fields = Object.entries(parts).map(([name, part]) => ({ name, part }) as Field<T>);
  const build = (valueOf: (field: Field<T>) => T[keyof T]): T => {
    const built = {} as T;
    for (const field of fields) built[field.name] = valueOf(field);
    return built;
  };
  return {
    empty: () => build(({ part }) => part.empty()),
    write(writer, value) {
      for (const { name, part } of fields) part.write(writer, value[name]);
    },
    read(source) {
      const built = {} as T;
      for (const { name, part } of fields)
        built[name] = isCount(part)
          ? (source.reader.varint(source.bounds.maxCount) as T[keyof T])
          : part.read(source, built);
      return built;
    },
    copy: (value) => build(({ name, part }) => part.copy(value[name])),
    map: (value, change) => build(({ name, part }) => part.map(value[name], change)),
    each(value, visit) {
      for (const { name, part } of fields) part.each(value[name], visit);
    },
    size: (value) => fields.reduce((sum, { name, part }) => sum + part.size(value[name]), 0),
    addInto(sum, value) {
      for (const { name, part } of fields) sum[name] = part.addInto(sum[name], value[name]);
      return sum;
    },
    addEncoded(sum, input) {
      for (const { name, part } of fields)
        sum[name] = isCount(part)
          ? (capped((sum[name] as number) + input.varint()) as T[keyof T])
          : part.addEncoded(sum[name], input);
      return sum;
    },
  };
}

/**
 * Most fields are counts. Code that handles many thousand profiles reads and adds them without a
 * call, because a call whose target varies takes longer than the sum.
 */
function isCount(part: unknown): boolean {
  return part === count;
}
