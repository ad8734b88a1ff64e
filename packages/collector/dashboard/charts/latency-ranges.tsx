import type { LatencyAnswer } from '../../src/api.ts';
import { count, duration } from '../format.ts';
import { rangeOf, rowsByStage, ticksOf } from './latency-layout.ts';
import type { LatencyRow } from './latency-layout.ts';
import { seriesColor } from './series-color.ts';
import { useRef } from 'react';
import type { RefObject } from 'react';
import { FilterLink } from '../parts/filter-link.tsx';
import { ChartData } from './chart-data.tsx';
import { drawElement } from './export/draw-element.ts';
import { useWidth } from './use-width.ts';

/** Height of a row, of a stage's heading, and of the axis below, in CSS pixels. */
const ROW = 27;
const HEAD = 30;
const AXIS = 22;
const CHARACTER = 6.4;

interface Props extends Pick<LatencyAnswer, 'rows'> {
  /** All versions of the model, in the order that determines their colours. */
  readonly versions: readonly string[];
}

/** Maps a duration to a horizontal position. */
type Position = (ms: number) => number;

/** p50 to p99 of each version, backend and stage, on one logarithmic axis. */
export function LatencyRanges({ rows, versions }: Props) {
  const drawn = useRef<SVGSVGElement>(null);
  const [box, width] = useWidth<HTMLDivElement>();
  const stages = rowsByStage(rows, versions);
  const labelOf = labelsFor(rows);
  const left = Math.min(
    width * 0.42,
    Math.max(...rows.map((row) => labelOf(row).length)) * CHARACTER + 16,
  );
  const { low, high } = rangeOf(rows);
  const x: Position = (ms) =>
    left + ((Math.log2(Math.max(0.001, ms)) - low) / (high - low)) * (width - left - 16);
  const height = stages.length * HEAD + rows.length * ROW + AXIS;
  // Where each stage begins.
  const tops = stages.map((_stage, i) =>
    stages.slice(0, i).reduce((y, { rows }) => y + HEAD + rows.length * ROW, 0),
  );
  return (
    <div className="stack" ref={box}>
      <svg
        ref={drawn}
        width={width}
        height={height}
        role="img"
        aria-label="Latency by version, backend and stage; the table below has the numbers"
      >
        <Axis ticks={ticksOf({ low, high }, width - left)} x={x} height={height} />
        {stages.map(({ stage, rows }, i) => (
          <g key={stage} transform={`translate(0 ${tops[i]})`}>
            <text className="stage" x="0" y="20">
              {stage}
            </text>
            {rows.map((row, r) => (
              <g
                key={`${row.version} ${row.backend}`}
                transform={`translate(0 ${HEAD + (r + 0.5) * ROW})`}
              >
                <rect x="0" y={-ROW / 2} width={width} height={ROW} fill="transparent" />
                <text x={left - 10} y="4" textAnchor="end">
                  {labelOf(row)}
                </text>
                <Range row={row} x={x} color={seriesColor(versions.indexOf(row.version))} />
              </g>
            ))}
          </g>
        ))}
      </svg>
      <Legend rows={rows} versions={versions} />
      <LatencyTable rows={rows} versions={versions} drawn={drawn} />
    </div>
  );
}

/** Names the backend, and the version if there are several. */
function labelsFor(rows: readonly LatencyRow[]): (row: LatencyRow) => string {
  const hasVersions = new Set(rows.map(({ version }) => version)).size > 1;
  return ({ backend, version }) => (hasVersions ? `${backend} · ${version}` : backend);
}

function Axis({
  ticks,
  x,
  height,
}: {
  readonly ticks: readonly number[];
  readonly x: Position;
  readonly height: number;
}) {
  return ticks.map((ms) => (
    <g key={ms}>
      <line x1={x(ms)} x2={x(ms)} y1="8" y2={height - 20} stroke="var(--line)" />
      <text x={x(ms)} y={height - 5} textAnchor="middle">
        {ms < 1_000 ? duration(ms).replace('.0', '') : `${ms / 1_000} s`}
      </text>
    </g>
  ));
}

/** A dot at p50, and bars from it to p90 and p99. */
function Range({
  row: { version, backend, stage, p50Ms, p90Ms, p99Ms },
  x,
  color,
}: {
  readonly row: LatencyRow;
  readonly x: Position;
  readonly color: string;
}) {
  const bar = { x1: x(p50Ms), y1: 0, y2: 0, stroke: color, strokeWidth: 6 } as const;
  return (
    <>
      <title>
        {`${version} on ${backend}, ${stage}: p50 ${duration(p50Ms)}, p90 ${known(p90Ms)}, ` +
          `p99 ${known(p99Ms)}`}
      </title>
      {p99Ms !== null && <line {...bar} x2={x(p99Ms)} strokeLinecap="round" opacity="0.22" />}
      {p90Ms !== null && <line {...bar} x2={x(p90Ms)} strokeLinecap="round" opacity="0.5" />}
      <circle cx={x(p50Ms)} r="5.5" fill={color} />
    </>
  );
}

/** A percentile, if enough was counted for it. */
function known(ms: number | null): string {
  return ms === null ? 'not enough yet' : duration(ms);
}

/** Versions and backends, to filter by. */
function Legend({ rows, versions }: Props) {
  const seen = versions.filter((name) => rows.some(({ version }) => version === name));
  const backends = [...new Set(rows.map(({ backend }) => backend))].toSorted();
  return (
    <ul className="plain line-legend" aria-label="Versions and backends">
      {seen.map((version) => (
        <li key={version}>
          <i className="swatch" style={{ background: seriesColor(versions.indexOf(version)) }} />
          <FilterLink name="version" value={version} />
        </li>
      ))}
      {backends.map((backend) => (
        <li key={backend}>
          <FilterLink name="backend" value={backend} />
        </li>
      ))}
    </ul>
  );
}

const COLUMNS = ['version', 'backend', 'stage', 'count'];

function LatencyTable({
  rows,
  versions,
  drawn,
}: Props & { readonly drawn: RefObject<SVGSVGElement | null> }) {
  const seen = versions.filter((name) => rows.some(({ version }) => version === name));
  return (
    <ChartData
      caption="Latency"
      head={[...COLUMNS, 'p50', 'p90', 'p99']}
      csv={{
        head: [...COLUMNS, 'p50 (ms)', 'p90 (ms)', 'p99 (ms)'],
        rows: rows.map((row) => [
          row.version,
          row.backend,
          row.stage,
          row.count,
          row.p50Ms,
          row.p90Ms,
          row.p99Ms,
        ]),
      }}
      draw={() =>
        drawElement(
          drawn.current,
          seen.map((name) => ({ name, color: seriesColor(versions.indexOf(name)) })),
        )
      }
      rows={rows.map((row) => [
        row.version,
        row.backend,
        row.stage,
        count(row.count),
        duration(row.p50Ms),
        known(row.p90Ms),
        known(row.p99Ms),
      ])}
    />
  );
}
