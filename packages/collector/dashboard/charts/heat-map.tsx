import { useContext, useEffect, useRef } from 'react';
import type { RefObject } from 'react';
import type { Mark } from '../../src/api-alerts.ts';
import type { DriftHistoryAnswer, DriftVerdict } from '../../src/api-quality.ts';
import { dateTime } from '../format.ts';
import { MarksContext } from '../parts/marks.ts';
import { VERDICT_WORD } from '../parts/verdict.ts';
import { MarkList } from './mark-list.tsx';
import { ChartData } from './chart-data.tsx';
import { drawHeat } from './export/draw-heat.ts';
import { useWidth } from './use-width.ts';

const ROW = 24;
const BOTTOM = 22;
const MIN_CELL = 6;
/**
 * Lower bounds of the colour steps, in score ÷ threshold: cool colours below 1, warm ones from 1.
 * Contrast to the background increases with each step.
 */
const STEPS = [0, 0.25, 0.5, 0.75, 1, 1.5, 2] as const;

interface Props extends Pick<DriftHistoryAnswer, 'steps' | 'stepHours' | 'features'> {
  readonly selected: string | undefined;
  readonly onSelect: (feature: string) => void;
}

/** The ratio of score to threshold of every feature over time, highest first. A dot marks drift. */
export function HeatMap({ steps, stepHours, features: unsorted, selected, onSelect }: Props) {
  const features = unsorted.toSorted((a, b) => highest(b) - highest(a));
  const drawn = useRef<SVGSVGElement>(null);
  const [box, width] = useWidth<HTMLDivElement>();
  const cell = Math.max(MIN_CELL, width / Math.max(1, steps.length));
  const total = cell * steps.length;
  const every = Math.ceil(92 / cell);
  const gap = cell > 9 ? 2 : 1;
  const [begin, stepMs] = [Date.parse(steps[0] ?? ''), stepHours * 3_600_000];
  const xOf = ({ at }: Mark): number => ((Date.parse(at) - begin) / stepMs) * cell;
  const marks = useContext(MarksContext).filter((mark) => xOf(mark) >= 0 && xOf(mark) <= total);
  // The latest steps are at the right end.
  useEffect(() => {
    if (box.current) box.current.scrollLeft = total;
  }, [box, total]);
  return (
    <>
      <div className="heat">
        <ul className="heat-names">
          {features.map(({ name }) => (
            <li key={name}>
              <button
                type="button"
                className="heat-name"
                aria-pressed={name === selected}
                title={name}
                onClick={() => onSelect(name)}
              >
                {name}
              </button>
            </li>
          ))}
        </ul>
        <div
          className="heat-scroll"
          ref={box}
          {...(total > width + 1 && {
            tabIndex: 0,
            role: 'region',
            'aria-label': 'Drift over time',
          })}
        >
          <svg
            ref={drawn}
            width={total}
            height={features.length * ROW + BOTTOM}
            role="img"
            aria-label="Drift of every feature over time; the table below has the numbers"
          >
            {features.map(({ name, ratios, verdicts }, row) => (
              <g key={name} transform={`translate(0 ${row * ROW})`}>
                {ratios.map((ratio, i) => (
                  <Cell
                    key={steps[i] ?? i}
                    x={i * cell}
                    width={cell - gap}
                    ratio={ratio}
                    drifts={verdicts[i] === 'drift'}
                    title={`${name}, ${dateTime(steps[i] ?? '')}: ${words(ratio, verdicts[i])}`}
                  />
                ))}
              </g>
            ))}
            <Marks marks={marks} xOf={xOf} height={features.length * ROW} />
            {steps.map(
              (step, i) =>
                i % every === 0 &&
                i * cell < total - 84 && (
                  <text key={step} x={i * cell} y={features.length * ROW + 15}>
                    {dateTime(step)}
                  </text>
                ),
            )}
          </svg>
        </div>
      </div>
      <Legend />
      <MarkList marks={marks} />
      <HeatData steps={steps} stepHours={stepHours} features={features} drawn={drawn} />
    </>
  );
}

function HeatData({
  steps,
  stepHours,
  features,
  drawn,
}: Pick<Props, 'steps' | 'stepHours' | 'features'> & {
  readonly drawn: RefObject<SVGSVGElement | null>;
}) {
  return (
    <ChartData
      caption={`Drift over time, in steps of ${stepHours} h`}
      head={['feature', ...steps.map(dateTime)]}
      rows={features.map(({ name, ratios, verdicts }) => [
        name,
        ...ratios.map((ratio, i) =>
          ratio === null ? '–' : `${ratio.toFixed(2)}${verdicts[i] === 'drift' ? ' drift' : ''}`,
        ),
      ])}
      csv={{
        head: ['feature', 'from (UTC)', 'length (h)', 'score ÷ threshold', 'verdict'],
        rows: features.flatMap(({ name, ratios, verdicts }) =>
          ratios.map((ratio, i) => [
            name,
            steps[i] ?? '',
            stepHours,
            ratio,
            verdicts[i] ?? 'too-little-data',
          ]),
        ),
      }}
      draw={() =>
        drawHeat(
          drawn.current,
          features.map(({ name }) => name),
          ROW,
          STEPS,
        )
      }
    />
  );
}

function Legend() {
  return (
    <div className="heat-legend" aria-hidden="true">
      <span>score ÷ threshold</span>
      {STEPS.map((from, i) => (
        <span key={from} className="heat-step">
          <i style={{ background: `var(--heat-${i})` }} />
          {from}
          {i === STEPS.length - 1 ? '+' : ''}
        </span>
      ))}
      <span className="heat-step">
        <i style={{ background: 'var(--heat-5)' }}>
          <b />
        </i>
        drift
      </span>
      <span className="heat-step">
        <i className="heat-none" />
        too little data
      </span>
    </div>
  );
}

/** Marks of events, as vertical lines. */
function Marks({
  marks,
  xOf,
  height,
}: {
  readonly marks: readonly Mark[];
  readonly xOf: (mark: Mark) => number;
  readonly height: number;
}) {
  return marks.map((mark) => (
    <g key={`${mark.at} ${mark.text}`} className="heat-mark">
      <line x1={xOf(mark)} x2={xOf(mark)} y1={0} y2={height} strokeDasharray="2 3" />
      <title>{`${dateTime(mark.at)}: ${mark.text}`}</title>
    </g>
  ));
}

function Cell({
  x,
  width,
  ratio,
  drifts,
  title,
}: {
  readonly x: number;
  readonly width: number;
  readonly ratio: number | null;
  readonly drifts: boolean;
  readonly title: string;
}) {
  if (ratio === null)
    return (
      <line
        x1={x + width / 2 - 2}
        x2={x + width / 2 + 2}
        y1={ROW / 2}
        y2={ROW / 2}
        stroke="var(--reference)"
      >
        <title>{title}</title>
      </line>
    );
  return (
    <>
      <rect x={x} y="1" width={width} height={ROW - 2} rx="2" fill={`var(--heat-${stepOf(ratio)})`}>
        <title>{title}</title>
      </rect>
      {drifts && (
        <circle
          cx={x + width / 2}
          cy={ROW / 2}
          r={Math.min(2.2, width / 3)}
          fill="var(--surface)"
          pointerEvents="none"
        />
      )}
    </>
  );
}

function highest({ ratios }: Props['features'][number]): number {
  return Math.max(0, ...ratios.map((ratio) => ratio ?? 0));
}

function stepOf(ratio: number): number {
  return Math.max(
    0,
    STEPS.findLastIndex((from) => ratio >= from),
  );
}

function words(ratio: number | null, verdict: DriftVerdict | null | undefined): string {
  if (ratio === null || verdict == null) return VERDICT_WORD['too-little-data'];
  return `${ratio.toFixed(2)}× threshold, ${VERDICT_WORD[verdict]}`;
}
