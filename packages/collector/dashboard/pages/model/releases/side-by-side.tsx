import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { DriftAnswer, PerformanceAnswer } from '../../../../src/api-quality.ts';
import type { LatencyAnswer, VersionSummary } from '../../../../src/api.ts';
import { modelPath } from '../../../address.ts';
import { useApi } from '../../../api.ts';
import { seriesColor } from '../../../charts/series-color.ts';
import { count, duration, percent } from '../../../format.ts';
import { Estimated } from '../../../parts/estimated.tsx';
import { summaryOf } from '../../../parts/verdict.ts';
import type { SectionProps } from '../section.ts';
import { doubtOf, mostDrifted, mostOutOfRange } from './figures-in-words.ts';

interface Props extends Pick<SectionProps, 'model' | 'view' | 'parameters' | 'base'> {
  readonly pair: readonly [string, string];
}

/** Both versions in every section of the page, in the same period and with the same filters. */
export function SideBySide({ model, pair, view, parameters, base }: Props) {
  const [one, other] = [useVersion(base, view, pair[0]), useVersion(base, view, pair[1])];
  const names = model.versions.map(({ version }) => version);
  const summaries = pair.map((version) => model.versions.find((of) => of.version === version));
  const rows = rowsOf([one, other], summaries);
  return (
    <section className="card stack" aria-label="Side by side">
      <div className="row">
        <h2>Side by side</h2>
        <span className="muted small">in this period, with these filters</span>
      </div>
      {/* Explicit roles: the layout for narrow screens removes the table's implicit ones. */}
      <table className="folding" role="table">
        <caption className="visually-hidden">Both versions</caption>
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">
              Figure
            </th>
            {pair.map((version) => (
              <th key={version} role="columnheader" scope="col">
                <i className="swatch" style={{ background: seriesColor(names.indexOf(version)) }} />
                {version}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map(({ name, cells, section }) => (
            <tr key={name} role="row">
              <th role="rowheader" scope="row">
                {name}
              </th>
              {cells.map((cell, i) => (
                <td key={pair[i]} role="cell" data-label={pair[i]}>
                  {cell || <span className="muted">–</span>}{' '}
                  {section !== undefined && cell && (
                    <Link
                      href={modelPath(model.name, section) + parameters.with({ version: pair[i] })}
                      className="small"
                      aria-label={`Show ${section} of ${pair[i]}`}
                    >
                      show
                    </Link>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface Row {
  readonly name: string;
  readonly cells: readonly ReactNode[];
  /** The section that explains the figure. */
  readonly section: string | undefined;
}

function rowsOf(
  data: readonly VersionData[],
  summaries: readonly (VersionSummary | undefined)[],
): readonly Row[] {
  const backends = [
    ...new Set(data.flatMap(({ latency }) => totalsOf(latency).map((row) => row.backend))),
  ].toSorted();
  const row = (
    name: string,
    cell: (of: VersionData, summary: VersionSummary | undefined) => ReactNode,
    section?: string,
  ) => ({ name, cells: data.map((of, i) => cell(of, summaries[i])), section });
  return [
    row('Predictions, in all', (_of, summary) => summary && count(summary.predictions)),
    row('First seen', (_of, summary) => summary && summary.firstSeen.slice(0, 10)),
    row(
      'Drift from the reference',
      ({ drift }) => drift && summaryOf([...drift.features, ...drift.outputs]).words,
      'drift',
    ),
    row('Highest score ÷ threshold', ({ drift }) => drift && mostDrifted(drift), 'drift'),
    row(
      'Highest share out of range',
      ({ drift }) => drift && mostOutOfRange(drift.quality),
      'quality',
    ),
    row(
      'Accuracy, measured',
      ({ performance }) =>
        performance?.measured?.kind === 'classification' && (
          <Estimated of={performance.measured.accuracy} print={percent} />
        ),
      'performance',
    ),
    row(
      'Accuracy, estimated',
      ({ performance }) =>
        performance?.estimated && <EstimatedAccuracy of={performance.estimated} />,
      'performance',
    ),
    ...backends.map((backend) =>
      row(
        `Latency on ${backend}, p50 and p99`,
        ({ latency }) => {
          const found = totalsOf(latency).find((one) => one.backend === backend);
          if (!found) return undefined;
          const p99 = found.p99Ms === null ? 'p99 not enough yet' : duration(found.p99Ms);
          return `${duration(found.p50Ms)}, ${p99}`;
        },
        'latency',
      ),
    ),
  ];
}

interface VersionData {
  readonly drift: DriftAnswer | undefined;
  readonly performance: PerformanceAnswer | undefined;
  readonly latency: LatencyAnswer | undefined;
}

function useVersion(base: string, view: Props['view'], version: string): VersionData {
  const query = view.query({ version });
  const drift = useApi<DriftAnswer>(`${base}/drift?${query}`).data;
  const performance = useApi<PerformanceAnswer>(`${base}/performance?${query}`).data;
  const latency = useApi<LatencyAnswer>(`${base}/latency?${query}`).data;
  return { drift, performance, latency };
}

/** The latency of whole predictions, by backend. */
function totalsOf(latency: LatencyAnswer | undefined): LatencyAnswer['rows'] {
  return latency?.rows.filter(({ stage }) => stage === 'total') ?? [];
}

function EstimatedAccuracy({ of }: { readonly of: NonNullable<PerformanceAnswer['estimated']> }) {
  const doubt = doubtOf(of);
  return (
    <>
      ≈ <Estimated of={of.accuracy} print={percent} />
      {doubt !== undefined && <small className="muted"> {doubt}</small>}
    </>
  );
}
