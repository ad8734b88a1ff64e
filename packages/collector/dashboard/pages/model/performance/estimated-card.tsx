import type { PerformanceAnswer } from '../../../../src/api-quality.ts';
import { count, percent, score } from '../../../format.ts';
import { Estimated } from '../../../parts/estimated.tsx';
import { Empty } from '../../../parts/states.tsx';
import { Headline, Tile } from './figures.tsx';

type Estimation = NonNullable<PerformanceAnswer['estimated']>;

/** The estimate, drawn dashed and shown with its assumptions. */
export function EstimatedCard({ estimated }: Pick<PerformanceAnswer, 'estimated'>) {
  return (
    <section className="card stack estimate" aria-label="Estimated">
      <div className="row">
        <h2>Estimated</h2>
        <span className="badge dashed">from confidence</span>
      </div>
      {estimated === null ? (
        <Empty title="No estimate">
          An estimate needs a classification model whose reference has a calibration.{' '}
          <code>perigee pack --calibrate</code> adds one.
        </Empty>
      ) : (
        <>
          <Headline label="expected accuracy">
            ≈ <Estimated of={estimated.accuracy} print={percent} />
          </Headline>
          <Assumption drifted={estimated.drifted} />
          <Tiles estimation={estimated} />
        </>
      )}
    </section>
  );
}

/** The condition under which the estimate holds, or a warning that it does not hold. */
function Assumption({ drifted }: Pick<Estimation, 'drifted'>) {
  if (drifted.length === 0)
    return (
      <p className="caveat">
        The estimate assumes that the same inputs still have the same true answers.
      </p>
    );
  return (
    <p className="notice">
      These inputs have drifted: {named(drifted)}. The confidence was calibrated on other inputs, so
      the estimate may be wrong. Only feedback shows the true accuracy.
    </p>
  );
}

function Tiles({ estimation }: { readonly estimation: Estimation }) {
  const { drifted, referenceAccuracy, accuracy, logLoss, confidenceAuc, count: n } = estimation;
  return (
    <div className="tiles">
      <Tile label="in the reference" value={percent(referenceAccuracy)} />
      {drifted.length === 0 && (
        <Tile label="change since then" value={points(accuracy.value - referenceAccuracy)} />
      )}
      {/* For more than two labels only a lower bound is known. */}
      <Tile
        label="expected log loss"
        value={
          logLoss.value === null
            ? `at least ${score(logLoss.atLeast)}`
            : `≈ ${score(logLoss.value)}`
        }
      />
      {confidenceAuc !== null && (
        <Tile label="AUC of the confidence" value={score(confidenceAuc)} />
      )}
      <Tile label="predictions" value={count(n)} />
    </div>
  );
}

/** A difference in percentage points. */
function points(difference: number): string {
  return `${difference >= 0 ? '+' : '−'}${Math.abs(difference * 100).toFixed(1)} points`;
}

const NAMED = 4;

function named(features: readonly string[]): string {
  return features.length <= NAMED
    ? features.join(', ')
    : `${features.slice(0, NAMED).join(', ')} and ${features.length - NAMED} more`;
}
