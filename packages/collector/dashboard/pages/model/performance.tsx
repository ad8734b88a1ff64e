import type { ReactNode } from 'react';
import type {
  ClassificationReport,
  LabelReport,
  PerformanceAnswer,
  RegressionReport,
} from '../../../src/api-quality.ts';
import { useApi } from '../../api.ts';
import { AccuracyOverTime } from '../../charts/accuracy-over-time.tsx';
import { ConfusionMatrix } from '../../charts/confusion-matrix.tsx';
import { scaleOf, Whisker, withinShares } from '../../charts/whisker.tsx';
import { count, interval, number, percent, score, sliceName } from '../../format.ts';
import { Estimated } from '../../parts/estimated.tsx';
import { Segments } from '../../parts/segments.tsx';
import { Answer, Empty } from '../../parts/states.tsx';
import type { SectionProps } from './section.ts';

const BY = [
  { id: 'segment', label: 'Segment' },
  { id: 'backend', label: 'Backend' },
  { id: 'browser', label: 'Browser' },
] as const;

/** Performance measured from feedback and estimated from confidence. */
export function PerformanceSection({ version, view, parameters, base }: SectionProps) {
  const by = BY.find(({ id }) => id === parameters.get('by'))?.id ?? 'segment';
  const performance = useApi<PerformanceAnswer>(
    `${base}/performance?${view.query({ version, by })}`,
  );
  return (
    <Answer of={performance} height={520}>
      {(data) => (
        <>
          <div className="halves">
            <Measured of={data.measured} />
            <Estimation of={data.estimated} />
          </div>
          {data.timeline.some(
            ({ measured, estimated }) => measured !== null || estimated !== null,
          ) && (
            <section className="card stack" aria-label="Accuracy over time">
              <h2>Accuracy over time</h2>
              <AccuracyOverTime timeline={data.timeline} from={data.from} to={data.to} />
            </section>
          )}
          <section className="card stack" aria-label="By part of the fleet">
            <div className="row">
              <h2>By part of the fleet</h2>
              <span className="spacer" />
              <Segments
                label="Slices by"
                options={BY}
                value={by}
                onChange={(next) => parameters.set({ by: next })}
              />
            </div>
            <Slices slices={data.slices} measured={data.measured} />
          </section>
          {data.measured?.kind === 'classification' && <Labels report={data.measured} />}
        </>
      )}
    </Answer>
  );
}

function Measured({ of: report }: { readonly of: PerformanceAnswer['measured'] }) {
  return (
    <section className="card stack" aria-label="Measured">
      <div className="row">
        <h2>Measured</h2>
        <span className="badge accent">from feedback</span>
      </div>
      {report === null && (
        <Empty title="There is no feedback">
          Call <code>feedback()</code> with the true answer when it is known, for as few predictions
          as you like.
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
        <Tile label="Matthews’ correlation" value={mcc === null ? '–' : mcc.toFixed(3)} />
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
  const print = (value: number): string =>
    `${number(value)}${unit === null ? '' : `\u00A0${unit}`}`;
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

/** The estimate, drawn dashed and shown with its assumptions. */
function Estimation({ of: estimated }: { readonly of: PerformanceAnswer['estimated'] }) {
  return (
    <section className="card stack estimate" aria-label="Estimated">
      <div className="row">
        <h2>Estimated</h2>
        <span className="badge dashed">from confidence alone</span>
      </div>
      {estimated === null ? (
        <Empty title="There is no estimate">
          It needs a calibration in the reference of a model that classifies;{' '}
          <code>perigee pack --calibrate</code> makes one.
        </Empty>
      ) : (
        <>
          <Headline label="accuracy, expected">
            ≈ <Estimated of={estimated.accuracy} print={percent} />
          </Headline>
          {estimated.drifted.length === 0 ? (
            <p className="caveat">Holds only while the same inputs have the same answers.</p>
          ) : (
            <p className="notice">
              The inputs have moved: {named(estimated.drifted)}. The confidence was calibrated on
              other inputs, so this estimate may be far from the truth. Only feedback can tell.
            </p>
          )}
          <div className="tiles">
            <Tile label="in the reference" value={percent(estimated.referenceAccuracy)} />
            {estimated.drifted.length === 0 && (
              <Tile
                label="since then"
                value={pointsSince(estimated.referenceAccuracy, estimated.accuracy.value)}
              />
            )}
            <LogLoss of={estimated.logLoss} />
            {estimated.confidenceAuc !== null && (
              <Tile label="AUC of the confidence" value={score(estimated.confidenceAuc)} />
            )}
            <Tile label="predictions" value={count(estimated.count)} />
          </div>
        </>
      )}
    </section>
  );
}

function pointsSince(before: number, now: number): string {
  const sign = now >= before ? '+' : '−';
  return `${sign}${Math.abs((now - before) * 100).toFixed(1)} points`;
}

/** For more than two labels only the least it can be is known. */
function LogLoss({
  of: { value, atLeast },
}: {
  readonly of: NonNullable<PerformanceAnswer['estimated']>['logLoss'];
}) {
  return (
    <Tile
      label="log-loss, expected"
      value={value === null ? `at least ${score(atLeast)}` : `≈ ${score(value)}`}
    />
  );
}

const NAMED = 4;

function named(features: readonly string[]): string {
  return features.length <= NAMED
    ? features.join(', ')
    : `${features.slice(0, NAMED).join(', ')} and ${features.length - NAMED} more`;
}

function Slices({ slices, measured }: Pick<PerformanceAnswer, 'slices' | 'measured'>) {
  if (slices.length === 0)
    return (
      <Empty title="There is no part to show">
        Parts of the fleet with too few devices are left out, so that none stands out. Choose a
        longer window above, or other parts.
      </Empty>
    );
  const byError = measured?.kind === 'regression';
  const point = (value: number) => ({ value, low: null, high: null });
  const estimates = slices.flatMap(({ accuracy, rmse, estimatedAccuracy }) =>
    byError
      ? rmse === null
        ? []
        : [point(rmse)]
      : [
          ...(accuracy ? [accuracy] : []),
          ...(estimatedAccuracy === null ? [] : [point(estimatedAccuracy)]),
        ],
  );
  const scale = byError ? scaleOf(estimates) : withinShares(scaleOf(estimates));
  return (
    <>
      {!byError && (
        <div className="legend" aria-hidden="true">
          {slices.some(({ accuracy }) => accuracy !== null) && (
            <span>
              <i className="dot" />
              measured, with its 95 % interval
            </span>
          )}
          <span>
            <i className="ring" />
            estimated
          </span>
        </div>
      )}
      <table className="slices" role="table">
        <caption className="visually-hidden">
          {byError ? 'Error' : 'Accuracy'} by part of the fleet
        </caption>
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">
              Part
            </th>
            <th className="drawn" aria-hidden="true">
              <span className="ends">
                <span>{byError ? number(scale.min) : percent(scale.min)}</span>
                <span>{byError ? number(scale.max) : percent(scale.max)}</span>
              </span>
            </th>
            <th role="columnheader" scope="col" className="number">
              {byError ? 'RMSE' : 'Measured'}
            </th>
            {!byError && (
              <th role="columnheader" scope="col" className="number">
                Estimated
              </th>
            )}
            <th role="columnheader" scope="col" className="number">
              Count
            </th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {slices.map(({ name, count: n, accuracy, rmse, estimatedAccuracy }) => (
            <tr key={name} role="row">
              <th role="rowheader" scope="row">
                {sliceName(name)}
              </th>
              <td className="drawn" aria-hidden="true">
                <span className="overlay">
                  {!byError && estimatedAccuracy !== null && (
                    <Whisker
                      of={point(estimatedAccuracy)}
                      scale={scale}
                      color="var(--series-3)"
                      hollow
                    />
                  )}
                  {!byError && accuracy && <Whisker of={accuracy} scale={scale} />}
                  {byError && rmse !== null && <Whisker of={point(rmse)} scale={scale} />}
                </span>
              </td>
              <td role="cell" data-label={byError ? 'RMSE' : 'Measured'} className="number">
                {byError ? (
                  rmse === null ? (
                    '–'
                  ) : (
                    number(rmse)
                  )
                ) : accuracy ? (
                  <Estimated of={accuracy} print={percent} />
                ) : (
                  '–'
                )}
              </td>
              {!byError && (
                <td role="cell" data-label="Estimated" className="number">
                  {estimatedAccuracy === null ? '–' : `≈ ${percent(estimatedAccuracy)}`}
                </td>
              )}
              <td role="cell" data-label="Count" className="number">
                {count(n)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Labels({ report: { labels, confusion } }: { readonly report: ClassificationReport }) {
  return (
    <div className="halves">
      <section className="card stack" aria-label="Confusion matrix">
        <h2>Confusion matrix</h2>
        {confusion === null ? (
          <Empty title="There are too many labels">It is drawn for up to 30.</Empty>
        ) : (
          <ConfusionMatrix labels={labels.map(({ label }) => label)} counts={confusion} />
        )}
      </section>
      <section className="card stack" aria-label="By label">
        <h2>By label</h2>
        <div className="table-scroll labels-scroll" tabIndex={labels.length > 14 ? 0 : undefined}>
          <table>
            <thead>
              <tr>
                <th scope="col">Label</th>
                {LABEL_COLUMNS.map((column) => (
                  <th key={column} scope="col" className="number">
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {labels.map((label) => (
                <LabelRow key={label.label} of={label} />
              ))}
            </tbody>
          </table>
        </div>
        <p className="small muted">
          AUC, the area under the ROC curve, is estimated from the confusion matrix; the true value
          lies between the two small numbers.
        </p>
      </section>
    </div>
  );
}

const LABEL_COLUMNS = ['Precision', 'Recall', 'Specificity', 'F1', 'AUC ≈', 'Support'] as const;

function LabelRow({
  of: { label, precision, recall, specificity, f1, auc, support },
}: {
  readonly of: LabelReport;
}) {
  return (
    <tr>
      <th scope="row">{label}</th>
      {[precision, recall, specificity, f1].map((value, i) => (
        <td key={LABEL_COLUMNS[i]} className="number">
          {share(value)}
        </td>
      ))}
      <td className="number">
        {auc === null ? (
          '–'
        ) : (
          <span className="estimated">
            <span>{auc.estimate.toFixed(2)}</span>
            <small title="The least and the most it can be">
              {auc.low.toFixed(2)}–{auc.high.toFixed(2)}
            </small>
          </span>
        )}
      </td>
      <td className="number">{count(support)}</td>
    </tr>
  );
}

function Headline({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <p className="headline">
      <span className="muted small">{label}</span>
      <b>{children}</b>
    </p>
  );
}

function Tile({
  label,
  value,
  range,
}: {
  readonly label: string;
  readonly value: string;
  readonly range?: string | undefined;
}) {
  return (
    <div className="tile">
      <span>{label}</span>
      <b>{value}</b>
      {range !== undefined && (
        <small className="muted" title="95 % interval">
          <span className="visually-hidden">95 % interval </span>
          {range}
        </small>
      )}
    </div>
  );
}

function share(value: number | null): string {
  return value === null ? '–' : percent(value);
}
