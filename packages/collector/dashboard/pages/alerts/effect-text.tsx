import type { AlertView } from '../../../src/api.ts';
import { duration, interval, rate, score, times } from '../../format.ts';

const PRINT: Readonly<Record<AlertView['effect']['unit'], (value: number) => string>> = {
  distance: score,
  share: rate,
  ms: duration,
  ratio: times,
};
/**
 * The effect, its interval and its threshold. An effect below its threshold fell; one above it
 * rose.
 */
export function EffectText({ alert: { rule, effect } }: { readonly alert: AlertView }) {
  const print = PRINT[effect.unit];
  const range = effect.low === effect.high ? undefined : interval(effect, print);
  const line =
    rule === 'sample-ratio'
      ? 'expected'
      : effect.value < effect.threshold
        ? 'alert below'
        : 'alert above';
  return (
    <>
      <b>{print(effect.value)}</b>
      {range !== undefined && <span className="muted"> ({range})</span>}
      <span className="muted">
        , {line} {print(effect.threshold)}
      </span>
    </>
  );
}
