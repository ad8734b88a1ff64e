import type { AlertView } from '../../../src/api.ts';
import { EFFECT_PRINT, interval } from '../../format.ts';

/**
 * The effect, its interval and its threshold. An effect below its threshold fell; one above it
 * rose.
 */
export function EffectText({ alert: { rule, effect } }: { readonly alert: AlertView }) {
  const print = EFFECT_PRINT[effect.unit];
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
