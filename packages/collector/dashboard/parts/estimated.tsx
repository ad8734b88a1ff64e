import type { Estimate } from '../../src/api.ts';
import { interval } from '../format.ts';
import type { Print } from '../format.ts';

/** A number with its 95 % interval, or a note that there is none. */
export function Estimated({ of, print }: { readonly of: Estimate; readonly print: Print }) {
  const range = interval(of, print);
  return (
    <span className="estimated">
      <span>{print(of.value)}</span>
      {range === undefined ? (
        <small title="An interval needs counts of 4 device groups">
          too few devices for an interval
        </small>
      ) : (
        <small title="95 % interval">
          <span className="visually-hidden">95 % interval </span>
          {range}
        </small>
      )}
    </span>
  );
}
