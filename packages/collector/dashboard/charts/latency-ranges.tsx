import type { LatencyAnswer } from '../../src/api.ts';
import { count, duration } from '../format.ts';
import { seriesColor } from './series-color.ts';
import { TableTwin } from './table-twin.tsx';
import { useWidth } from './use-width.ts';

const ROW = 27;
const HEAD = 30;
const CHARACTER = 6.4;
/** Stages of a call in execution order. Other stages follow. */
const ORDER = ['load', 'queue', 'preprocess', 'inference', 'postprocess', 'total'];

interface Props extends Pick<LatencyAnswer, 'rows'> {
  /** All versions of the model, in the order that determines their colours. */
  readonly versions: readonly string[];
}

/** p50 to p99 of each version, backend and stage, on one logarithmic axis. */
export function LatencyRanges({ rows, versions }: Props) {
  const [box, width] = useWidth<HTMLDivElement>();
  const stages = [...new Set(rows.map(({ stage }) => stage))].toSorted(
    (a, b) => rank(a) - rank(b) || a.localeCompare(b),
  );
  const names = new Set(rows.map(({ version }) => version));
  const labelOf = ({ version, backend }: Props['rows'][number]): string =>
    names.size > 1 ? `${backend} · ${version}` : backend;
  const left = Math.min(
    width * 0.42,
    Math.max(...rows.map((row) => labelOf(row).length)) * CHARACTER + 16,
  );
  const low = Math.log2(Math.max(0.001, Math.min(...rows.map(({ p50Ms }) => p50Ms)))) - 0.5;
  const high = Math.log2(Math.max(0.002, ...rows.map(({ p99Ms }) => p99Ms))) + 0.5;
  const x = (ms: number): number =>
    left + ((Math.log2(Math.max(0.001, ms)) - low) / (high - low)) * (width - left - 16);
  const decades = [0.001, 0.01, 0.1, 1, 10, 100, 1_000, 10_000, 100_000].filter(
    (ms) => Math.log2(ms) > low && Math.log2(ms) < high,
  );
  const every = Math.max(1, Math.ceil(decades.length / Math.max(1, (width - left) / 60)));
  const ticks = decades.filter((_ms, i) => i % every === 0);
  const height = stages.length * HEAD + rows.length * ROW + 22;
  let y = 0;
  return (
    <div className="stack" ref={box}>
      <svg
        width={width}
        height={height}
        role="img"
        aria-label="Latency by version, backend and stage; the table below has the numbers"
      >
        {ticks.map((ms) => (
          <g key={ms}>
            <line x1={x(ms)} x2={x(ms)} y1="8" y2={height - 20} stroke="var(--line)" />
            <text x={x(ms)} y={height - 5} textAnchor="middle">
              {ms < 1_000 ? duration(ms).replace('.0', '') : `${ms / 1_000} s`}
            </text>
          </g>
        ))}
        {stages.map((stage) => {
          const head = y;
          y += HEAD;
          const shown = rows
            .filter((row) => row.stage === stage)
            .toSorted(
              (a, b) =>
                a.backend.localeCompare(b.backend) ||
                versions.indexOf(a.version) - versions.indexOf(b.version),
            );
          return (
            <g key={stage}>
              <text className="stage" x="0" y={head + 20}>
                {stage}
              </text>
              {shown.map((row) => {
                const color = seriesColor(versions.indexOf(row.version));
                const middle = y + ROW / 2;
                y += ROW;
                return (
                  <g key={`${row.version} ${row.backend}`} transform={`translate(0 ${middle})`}>
                    <title>
                      {`${row.version} on ${row.backend}, ${stage}: p50 ${duration(row.p50Ms)}, ` +
                        `p90 ${duration(row.p90Ms)}, p99 ${duration(row.p99Ms)}`}
                    </title>
                    <rect x="0" y={-ROW / 2} width={width} height={ROW} fill="transparent" />
                    <text x={left - 10} y="4" textAnchor="end">
                      {labelOf(row)}
                    </text>
                    <line
                      x1={x(row.p50Ms)}
                      x2={x(row.p99Ms)}
                      y1="0"
                      y2="0"
                      stroke={color}
                      strokeWidth="6"
                      strokeLinecap="round"
                      opacity="0.22"
                    />
                    <line
                      x1={x(row.p50Ms)}
                      x2={x(row.p90Ms)}
                      y1="0"
                      y2="0"
                      stroke={color}
                      strokeWidth="6"
                      strokeLinecap="round"
                      opacity="0.5"
                    />
                    <circle cx={x(row.p50Ms)} r="5.5" fill={color} />
                  </g>
                );
              })}
            </g>
          );
        })}
      </svg>
      <TableTwin
        caption="Latency"
        head={['version', 'backend', 'stage', 'count', 'p50', 'p90', 'p99']}
        rows={rows.map((row) => [
          row.version,
          row.backend,
          row.stage,
          count(row.count),
          duration(row.p50Ms),
          duration(row.p90Ms),
          duration(row.p99Ms),
        ])}
      />
    </div>
  );
}

function rank(stage: string): number {
  const at = ORDER.indexOf(stage);
  return at === -1 ? ORDER.length : at;
}
