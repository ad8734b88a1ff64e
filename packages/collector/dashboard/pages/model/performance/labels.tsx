import type { ClassificationReport, LabelReport } from '../../../../src/api-quality.ts';
import { ConfusionMatrix } from '../../../charts/confusion-matrix.tsx';
import { count } from '../../../format.ts';
import { Empty } from '../../../parts/states.tsx';
import { share } from './figures.tsx';

const COLUMNS = ['Precision', 'Recall', 'Specificity', 'F1', 'AUC ≈', 'Support'] as const;

interface Props {
  readonly report: ClassificationReport;
}

/** Which labels are mixed up, and how well each label is recognised. */
export function Labels({ report: { labels, confusion } }: Props) {
  return (
    <div className="halves">
      <section className="card stack" aria-label="Confusion matrix">
        <h2>Confusion matrix</h2>
        {confusion === null ? (
          <Empty title="Too many labels">The matrix is shown for up to 30 labels.</Empty>
        ) : (
          <ConfusionMatrix labels={labels.map(({ label }) => label)} counts={confusion} />
        )}
      </section>
      <section className="card stack" aria-label="By label">
        <h2>By label</h2>
        <LabelTable labels={labels} />
        <p className="small muted">
          The AUC, the area under the ROC curve, is estimated from the confusion matrix. That of
          these predictions lies between the two small numbers; with few labels it says little of
          others.
        </p>
      </section>
    </div>
  );
}

function LabelTable({ labels }: { readonly labels: readonly LabelReport[] }) {
  return (
    <div
      className="table-scroll labels-scroll"
      tabIndex={0}
      role="region"
      aria-label="Performance by label"
    >
      <table>
        <thead>
          <tr>
            <th scope="col">Label</th>
            {COLUMNS.map((column) => (
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
  );
}

function LabelRow({
  of: { label, precision, recall, specificity, f1, auc, support },
}: {
  readonly of: LabelReport;
}) {
  return (
    <tr>
      <th scope="row">{label}</th>
      {[precision, recall, specificity, f1].map((value, i) => (
        <td key={COLUMNS[i]} className="number">
          {share(value)}
        </td>
      ))}
      <td className="number">
        {auc === null ? (
          '–'
        ) : (
          <span className="estimated">
            <span>{auc.estimate.toFixed(2)}</span>
            {auc.low.toFixed(2) !== auc.high.toFixed(2) && (
              <small title="Lower and upper bound">
                {auc.low.toFixed(2)}–{auc.high.toFixed(2)}
              </small>
            )}
          </span>
        )}
      </td>
      <td className="number">{count(support)}</td>
    </tr>
  );
}
