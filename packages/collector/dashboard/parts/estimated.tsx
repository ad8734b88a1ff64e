import type { Estimate } from '../../src/api.ts';
import { interval } from '../format.ts';

/** A number with its 95 % interval, or a note that there is none. */
export function Estimated({
  of,
  print,
}: {
  readonly of: Estimate;
  readonly print: (value: number) => string;
}) {
  const range = interval(of, print);
  return (
    <span className="estimated">
      <span>{print(of.value)}</span>
      {range === undefined ? (
        <small title="Too few groups of devices reported to compute an interval">no interval</small>
      ) : (
        <small title="95 % interval">
          <span className="visually-hidden">95 % interval </span>
          {range}
        </small>
      )}
    </span>
  );
}
