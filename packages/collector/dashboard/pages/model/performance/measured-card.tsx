import type {
  ClassificationReport,
  PerformanceAnswer,
  RegressionReport,
} from '../../../../src/api-quality.ts';
import { count, interval, number, percent } from '../../../format.ts';
import type { Print } from '../../../format.ts';
import { Estimated } from '../../../parts/estimated.tsx';
import { Empty } from '../../../parts/states.tsx';
import { Headline, share, Tile } from './figures.tsx';

/** Performance, measured from feedback. */
export function MeasuredCard({ report }: { readonly report: PerformanceAnswer['measured'] }) {
  return (
    <section className="card stack" aria-label="Measured">
      <div className="row">
        <h2>Measured</h2>
        <span className="badge accent">from feedback</span>
      </div>
      {report === null && (
        <Empty title="No feedback yet">
          Call <code>feedback()</code> with the true answer once you know it. Not every prediction
          needs feedback.
        </Empty>
      )}
      {report?.kind === 'classification' && <Classification report={report} />}
      {report?.kind === 'regression' && <Regression report={report} />}
    </section>
  );
}

function Classification({
  report: { accuracy, precision, recall, f1, balancedAccuracy, mcc, count: n },
}: {
  readonly report: ClassificationReport;
}) {
  return (
    <>
      <Headline label="accuracy">
        <Estimated of={accuracy} print={percent} />
      </Headline>
      <div className="tiles">
        <Tile label="precision" value={share(precision)} />
        <Tile label="recall" value={share(recall)} />
        <Tile label="F1" value={share(f1)} />
        <Tile
          label="balanced accuracy"
          value={percent(balancedAccuracy.value)}
          range={interval(balancedAccuracy, percent)}
        />
        <Tile label="Matthews correlation" value={mcc === null ? '–' : mcc.toFixed(3)} />
        <Tile label="labelled" value={count(n)} />
      </div>
    </>
  );
}

function Regression({
  report: { rmse, mae, mse, bias, r2, unit, count: n },
}: {
  readonly report: RegressionReport;
}) {
  const print: Print = (value, digits) =>
    `${number(value, digits)}${unit === null ? '' : `\u00A0${unit}`}`;
  return (
    <>
      <Headline label="root mean squared error">
        <Estimated of={rmse} print={print} />
      </Headline>
      <div className="tiles">
        <Tile label="mean absolute error" value={print(mae)} />
        <Tile label="bias" value={`${bias > 0 ? '+' : ''}${print(bias)}`} />
        <Tile label="R²" value={r2 === null ? '–' : r2.toFixed(3)} />
        <Tile
          label={unit === null ? 'mean squared error' : `mean squared error, ${unit}²`}
          value={number(mse)}
        />
        <Tile label="labelled" value={count(n)} />
      </div>
    </>
  );
}
