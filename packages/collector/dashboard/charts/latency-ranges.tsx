import type { LatencyAnswer } from '../../src/api.ts';
import { count, duration } from '../format.ts';
import { TableTwin } from './table-twin.tsx';
import { useWidth } from './use-width.ts';

const ROW = 34;
const LEFT = 170;

/** p50 to p99 of each version, backend and stage on one logarithmic axis. */
export function LatencyRanges({ rows }: Pick<LatencyAnswer, 'rows'>) {
  const [box, width] = useWidth<HTMLDivElement>();
  const shown = rows.filter(({ stage }) => stage === 'inference' || stage === 'total' || stage === 'load');
  const low = Math.log2(Math.min(...shown.map(({ p50Ms }) => p50Ms))) - 0.5;
  const high = Math.log2(Math.max(...shown.map(({ p99Ms }) => p99Ms))) + 0.5;
  const x = (ms: number): number => LEFT + ((Math.log2(ms) - low) / (high - low)) * (width - LEFT - 24);
  const height = shown.length * ROW + 22;
  const ticks = [0.01, 0.1, 1, 10, 100, 1_000, 10_000].filter((ms) => Math.log2(ms) > low && Math.log2(ms) < high);
  return (
    <div className="stack" ref={box}>
      <svg width={width} height={height} role="img" aria-label="Latency by version, backend and stage; the table below has the numbers">
        {ticks.map((ms) => (
          <g key={ms}>
            <line x1={x(ms)} x2={x(ms)} y1="0" y2={height - 20} stroke="var(--line)" />
            <text x={x(ms)} y={height - 5} textAnchor="middle">{duration(ms)}</text>
          </g>
        ))}
        {shown.map(({ version, backend, stage, p50Ms, p90Ms, p99Ms }, i) => (
          <g key={`${version} ${backend} ${stage}`} transform={`translate(0 ${i * ROW + ROW / 2})`}>
            <title>{`p50 ${duration(p50Ms)}, p90 ${duration(p90Ms)}, p99 ${duration(p99Ms)}`}</title>
            <text x="0" y="4">{`${version} · ${backend} · ${stage}`}</text>
            <line x1={x(p50Ms)} x2={x(p99Ms)} y1="0" y2="0" stroke="var(--reference)" strokeWidth="6" strokeLinecap="round" />
            <line x1={x(p50Ms)} x2={x(p90Ms)} y1="0" y2="0" stroke="var(--accent)" strokeWidth="6" strokeLinecap="round" opacity="0.45" />
            <circle cx={x(p50Ms)} r="6" fill="var(--accent)" />
          </g>
        ))}
      </svg>
      <TableTwin caption="Latency" head={['version', 'backend', 'stage', 'count', 'p50', 'p90', 'p99']} rows={rows.map((row) => [row.version, row.backend, row.stage, count(row.count), duration(row.p50Ms), duration(row.p90Ms), duration(row.p99Ms)])} />
    </div>
  );
}
