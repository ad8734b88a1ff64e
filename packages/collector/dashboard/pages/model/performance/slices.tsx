import type { ReactNode } from 'react';
import type { PerformanceAnswer } from '../../../../src/api-quality.ts';
import { scaleOf, Whisker, withinShares } from '../../../charts/whisker.tsx';
import type { Scale } from '../../../charts/whisker.tsx';
import { count, number, percent } from '../../../format.ts';
import { Estimated } from '../../../parts/estimated.tsx';
import { SlicesExport } from './slices-export.tsx';
import { FilterLink } from '../../../parts/filter-link.tsx';
import { Empty } from '../../../parts/states.tsx';

type Slice = PerformanceAnswer['slices'][number];

interface Props {
  readonly slices: readonly Slice[];
  /** Shows the error of a regression model instead of accuracy. */
  readonly byError: boolean;
  readonly by: By;
}

type By = 'segment' | 'backend' | 'browser';

/** Accuracy or error of each part of the fleet. */
export function Slices({ slices, byError, by }: Props) {
  if (slices.length === 0)
    return (
      <Empty title="No parts to show">
        Parts of the fleet with too few devices are hidden for privacy. Choose a longer period
        above, or other parts.
      </Empty>
    );
  const isKnown = ({ accuracy, estimatedAccuracy, rmse }: Slice): boolean =>
    byError ? rmse !== null : accuracy !== null || estimatedAccuracy !== null;
  // Without any figure there is no scale to draw on.
  if (!slices.some(isKnown))
    return (
      <Empty title={byError ? 'No error to show' : 'No accuracy to show'}>
        It needs feedback{!byError && ', or a reference with a calibration'}.
      </Empty>
    );
  return byError ? <Errors slices={slices} by={by} /> : <Accuracies slices={slices} by={by} />;
}

function Accuracies({ slices, by }: Pick<Props, 'slices' | 'by'>) {
  const estimates = slices.flatMap(({ accuracy, estimatedAccuracy }) => [
    ...(accuracy ? [accuracy] : []),
    ...(estimatedAccuracy === null ? [] : [estimatedAccuracy]),
  ]);
  const scale = withinShares(scaleOf(estimates));
  return (
    <>
      <Legend hasMeasured={slices.some(({ accuracy }) => accuracy !== null)} />
      <Table
        caption="Accuracy by part of the fleet"
        columns={['Measured', 'Estimated', 'Count']}
        scale={scale}
        print={percent}
      >
        {slices.map(({ name, count: n, accuracy, estimatedAccuracy }) => (
          <Row
            key={name}
            by={by}
            name={name}
            drawing={
              <>
                {estimatedAccuracy !== null && (
                  <Whisker of={estimatedAccuracy} scale={scale} color="var(--series-3)" hollow />
                )}
                {accuracy && <Whisker of={accuracy} scale={scale} />}
              </>
            }
            cells={{
              Measured: accuracy ? <Estimated of={accuracy} print={percent} /> : '–',
              Estimated: estimatedAccuracy ? (
                <>
                  ≈ <Estimated of={estimatedAccuracy} print={percent} />
                </>
              ) : (
                '–'
              ),
              Count: count(n),
            }}
          />
        ))}
      </Table>
      <SlicesExport slices={slices} by={by} scale={scale} />
    </>
  );
}

function Errors({ slices, by }: Pick<Props, 'slices' | 'by'>) {
  const scale = scaleOf(slices.flatMap(({ rmse }) => (rmse === null ? [] : [rmse])));
  return (
    <>
      <Table
        caption="Error by part of the fleet"
        columns={['RMSE', 'Count']}
        scale={scale}
        print={number}
      >
        {slices.map(({ name, count: n, rmse }) => (
          <Row
            key={name}
            by={by}
            name={name}
            drawing={rmse !== null && <Whisker of={rmse} scale={scale} />}
            cells={{
              RMSE: rmse === null ? '–' : <Estimated of={rmse} print={number} />,
              Count: count(n),
            }}
          />
        ))}
      </Table>
      <SlicesExport slices={slices} by={by} scale={scale} />
    </>
  );
}

function Legend({ hasMeasured }: { readonly hasMeasured: boolean }) {
  return (
    <div className="legend" aria-hidden="true">
      {hasMeasured && (
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
  );
}

function Table({
  caption,
  columns,
  scale,
  print,
  children,
}: {
  readonly caption: string;
  readonly columns: readonly string[];
  /** The scale of the drawn column. */
  readonly scale: Scale;
  readonly print: (value: number) => string;
  readonly children: ReactNode;
}) {
  return (
    <table className="folding slices" role="table">
      <caption className="visually-hidden">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col">
            Part
          </th>
          <th className="drawn" aria-hidden="true">
            <span className="ends">
              <span>{print(scale.min)}</span>
              <span>{print(scale.max)}</span>
            </span>
          </th>
          {columns.map((column) => (
            <th key={column} role="columnheader" scope="col" className="number">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">{children}</tbody>
    </table>
  );
}

function Row({
  by,
  name,
  drawing,
  cells,
}: {
  readonly by: By;
  readonly name: string;
  readonly drawing: ReactNode;
  /** By the name of the column. */
  readonly cells: Readonly<Record<string, ReactNode>>;
}) {
  return (
    <tr role="row">
      <th role="rowheader" scope="row">
        <FilterLink name={by} value={name} />
      </th>
      <td className="drawn" aria-hidden="true">
        <span className="overlay">{drawing}</span>
      </td>
      {Object.entries(cells).map(([column, cell]) => (
        <td key={column} role="cell" data-label={column} className="number">
          {cell}
        </td>
      ))}
    </tr>
  );
}
