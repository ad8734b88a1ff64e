import type { UseModelResult } from '@perigee/react';
import { BackendBadge } from '../../parts/backend-badge.tsx';
import { Latency } from '../../parts/latency.tsx';
import { Loading } from '../../parts/loading.tsx';
import { contributors } from './data/contributions.ts';
import type { Contribution } from './data/contributions.ts';
import type { DataSet } from './data/data-set.ts';
import { nearestRow } from './data/nearest.ts';
import type { Explorer } from './use-explorer.ts';
import { pointsText } from './words.ts';

/** The longest bar stands for at least this share, so that small contributions look small. */
const SMALLEST_SCALE = 0.1;

interface Props {
  readonly dataSet: DataSet;
  readonly explorer: Explorer;
  readonly state: UseModelResult;
}

/** The part of each value in the answer, and the training row most like this one. */
export function WhyCard({ dataSet, explorer, state }: Props) {
  const { answer } = explorer;
  const contributions = answer?.contributions ?? [];
  const scale = scaleOf(contributions);
  return (
    <section className="card stack why" aria-label="Reasons">
      <div className="row">
        <h2>Why {answer?.label ?? '…'}?</h2>
        <span className="spacer" />
        <BackendBadge model={state.data} />
      </div>
      <ul className="contributions" aria-label="Contributions in percentage points">
        {contributors(dataSet).map((label, i) => (
          <Bar key={label} label={label} points={contributions[i]?.points} scale={scale} />
        ))}
      </ul>
      <p className="small muted">
        Each bar is the score of {answer ? `“${answer.label}”` : 'the answer'}, less its score with
        the median of the training {dataSet.things} in place of this value, in percentage points.
        Bars to the left speak against the answer. Each bar is a prediction of its own.
      </p>
      <Nearest dataSet={dataSet} explorer={explorer} />
      <div className="facts">
        <Latency timing={answer?.timing} />
        <Loading state={state} name={dataSet.name} />
      </div>
    </section>
  );
}

interface BarProps {
  readonly label: string;
  /** Undefined until there is an answer. */
  readonly points: number | undefined;
  /** The share that the longest bar stands for. */
  readonly scale: number;
}

function Bar({ label, points, scale }: BarProps) {
  const width = (Math.abs(points ?? 0) / scale) * 50;
  const isAgainst = points !== undefined && points < 0;
  return (
    <li>
      <span>{label}</span>
      <span className={`contribution ${isAgainst ? 'against' : ''}`} aria-hidden="true">
        <i style={{ width: `${width}%` }} />
      </span>
      <span className="bar-value">{points !== undefined && pointsText(points)}</span>
    </li>
  );
}

function scaleOf(contributions: readonly Contribution[]): number {
  return Math.max(SMALLEST_SCALE, ...contributions.map(({ points }) => Math.abs(points)));
}

function Nearest({
  dataSet,
  explorer: { values, isStreaming, setValues },
}: Pick<Props, 'dataSet' | 'explorer'>) {
  const nearest = nearestRow(dataSet, values);
  if (!nearest) return null;
  return (
    <p className="row small nearest">
      <span>
        The training {dataSet.thing} most like this one is <b>{nearest.kind}</b>.
      </span>
      <button
        type="button"
        className="button"
        disabled={isStreaming || nearest.values === values}
        onClick={() => setValues(nearest.values)}
      >
        Show it
      </button>
    </p>
  );
}
