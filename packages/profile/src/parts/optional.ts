import { capped, count } from './count.ts';
import type { Part, PartsOf } from './part.ts';
import { struct } from './struct.ts';

/** A part that formats before `format` lack. `estimate` makes its value from the earlier fields. */
export function since<T, Before>(
  format: number,
  part: Part<T>,
  estimate: (before: Before) => T,
): Part<T, Before> {
  return {
    ...part,
    read: (source, before) =>
      source.format < format ? estimate(before) : part.read(source, before),
  };
}

/** An object that is written as a single zero if its count is zero, as in nearly every profile. */
export function whenCounted<Sums extends object>(
  sums: PartsOf<Sums>,
): Part<Sums & { readonly count: number }> {
  type Counted = Sums & { count: number };
  const rest = struct(sums);
  const whole = struct({ count, ...sums } as PartsOf<Counted>);
  return {
    ...whole,
    write: (writer, value) => (value.count === 0 ? writer.varint(0) : whole.write(writer, value)),
    read(source, before) {
      const counted = count.read(source, before);
      return counted === 0 ? whole.empty() : { count: counted, ...rest.read(source, before) };
    },
    addEncoded(sum: Counted, input) {
      const counted = input.varint();
      if (counted === 0) return sum;
      sum.count = capped(sum.count + counted);
      rest.addEncoded(sum, input);
      return sum;
    },
  };
}
