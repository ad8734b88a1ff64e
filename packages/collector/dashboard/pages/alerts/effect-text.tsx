import type { AlertView } from '../../../src/api.ts';
import { duration, interval, rate, score, times } from '../../format.ts';

const PRINT: Readonly<Record<AlertView['effect']['unit'], (value: number) => string>> = {
  distance: score,
  share: rate,
  ms: duration,
  ratio: times,
};
/** Label of the baseline for rules that compare versions, or shares with the rollout's share. */
const BASELINE: Readonly<Record<string, string>> = {
  'error-rate': 'champion',
  'golden-failures': 'champion',
  'fallback-rate': 'champion',
  'sample-ratio': 'expected',
};

/**
 * The effect, its interval and its threshold. An effect below its threshold fell; one above it
 * rose.
 */
export function EffectText({ alert: { rule, effect } }: { readonly alert: AlertView }) {
  const print = PRINT[effect.unit];
  const range = effect.low === effect.high ? undefined : interval(effect, print);
  const baseline =
    BASELINE[rule] ?? (effect.value < effect.threshold ? 'alert below' : 'alert above');
  return (
    <>
      <b>{print(effect.value)}</b>
      {range !== undefined && <span className="muted"> ({range})</span>}
      <span className="muted">
        , {baseline} {print(effect.threshold)}
      </span>
    </>
  );
}
