import type { Estimate } from '../../../../src/api.ts';
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
          <Assumption of={estimated} />
          <Tiles estimation={estimated} />
        </>
      )}
    </section>
  );
}

/** The condition under which the estimate holds, or a warning that it does not hold. */
function Assumption({ of: estimation }: { readonly of: Estimation }) {
  const { drifted, unjudged, accuracy, referenceAccuracy } = estimation;
  if (drifted.length === 0 && unjudged.length > 0)
    return (
      <p className="notice">
        Whether the inputs have drifted is not known yet: too little was counted of{' '}
        {named(unjudged)}. If they have, the estimate is wrong.
      </p>
    );
  if (drifted.length === 0 && isSurelyOther(accuracy, referenceAccuracy, 1))
    return (
      <p className="notice">
        The estimate is above the accuracy in the reference. That is rarely a better model: the
        inputs may be easier, or the scores too sure. Only feedback shows the true accuracy.
      </p>
    );
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
  const { drifted, unjudged, referenceAccuracy, accuracy } = estimation;
  const { logLoss, confidenceAuc, count: n } = estimation;
  return (
    <div className="tiles">
      <Tile label="in the reference" value={percent(referenceAccuracy)} />
      {drifted.length + unjudged.length === 0 && (
        <Tile label="change since then" value={changeOf(accuracy, referenceAccuracy)} />
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

/** True if the whole interval is above (1) or below (−1) the reference. */
function isSurelyOther({ low, high }: Estimate, reference: number, side: number): boolean {
  if (low === null || high === null) return false;
  return side > 0 ? low > reference : high < reference;
}

/** The change in percentage points; none where the interval does not exclude it. */
function changeOf(accuracy: Estimate, reference: number): string {
  const difference = accuracy.value - reference;
  if (!isSurelyOther(accuracy, reference, Math.sign(difference))) return 'none beyond chance';
  return `${difference >= 0 ? '+' : '−'}${Math.abs(difference * 100).toFixed(1)} points`;
}

const NAMED = 4;

function named(features: readonly string[]): string {
  return features.length <= NAMED
    ? features.join(', ')
    : `${features.slice(0, NAMED).join(', ')} and ${features.length - NAMED} more`;
}
