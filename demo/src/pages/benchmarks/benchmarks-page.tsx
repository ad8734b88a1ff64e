import '../../styles/model.css';
import '../../styles/benchmarks.css';
import { useState } from 'react';
import { useParams } from 'wouter';
import { FaultNotice } from '../../parts/fault-notice.tsx';
import { IsolationNote } from '../../parts/isolation-note.tsx';
import { ReportCard } from './report-card.tsx';
import { fromLink } from './share.ts';
import { SIDE_IDS } from './measure.ts';
import type { SideId } from './measure.ts';
import { PLAN, useBenchmark } from './use-benchmark.ts';
import type { Benchmark } from './use-benchmark.ts';

/** Measures this device, and shows the figures of a link. */
export default function BenchmarksPage() {
  const benchmark = useBenchmark();
  const { figures } = useParams<{ readonly figures?: string }>();
  const shared = figures === undefined ? undefined : fromLink(figures);
  const { report, fault, start } = benchmark;
  const [sides, setSides] = useState<ReadonlySet<SideId>>(new Set(SIDE_IDS));
  return (
    <div className="stack">
      <div className="intro">
        <h1>Measure this device</h1>
        <p className="muted">
          The digits model by Perigee, by onnxruntime-web, by TensorFlow.js and by transformers.js,
          in this browser, one after the other. The figures are of this device, and stay here unless
          you share them.
        </p>
      </div>
      <Controls benchmark={benchmark} sides={sides} onSides={setSides} />
      {fault && (
        <FaultNotice fault={fault} what="The measurement stopped." onRetry={() => start(sides)} />
      )}
      {report && <ReportCard title="This device" report={report} />}
      {shared && (
        <ReportCard
          title="From the link"
          report={shared}
          note="Somebody measured this and shared it. Nobody checked it."
        />
      )}
      {figures !== undefined && !shared && (
        <p className="notice">The link has no figures that can be read. Ask for it again.</p>
      )}
      <Method />
    </div>
  );
}

/** Sides that a visitor may leave out, because of what they download. */
const OPTIONAL = [
  ['tfjs', 'TensorFlow.js, 1 MB'],
  ['transformers', 'transformers.js, 27 MB'],
] as const;

function withSide(sides: ReadonlySet<SideId>, id: SideId, isIn: boolean): ReadonlySet<SideId> {
  return new Set(SIDE_IDS.filter((one) => (one === id ? isIn : sides.has(one))));
}

interface ControlsProps {
  readonly benchmark: Benchmark;
  readonly sides: ReadonlySet<SideId>;
  readonly onSides: (sides: ReadonlySet<SideId>) => void;
}

function Controls({ benchmark: { progress, start, cancel }, sides, onSides }: ControlsProps) {
  return (
    <section className="card stack-small" aria-label="Measure">
      <fieldset className="row compared" disabled={progress !== undefined}>
        <legend className="small muted">
          Compared with onnxruntime-web (its wasm has 14 MB), and with
        </legend>
        {OPTIONAL.map(([id, words]) => (
          <label key={id} className="row check">
            <input
              type="checkbox"
              checked={sides.has(id)}
              onChange={({ target }) => onSides(withSide(sides, id, target.checked))}
            />
            {words}
          </label>
        ))}
      </fieldset>
      <div className="row">
        {progress === undefined ? (
          <button type="button" className="button primary" onClick={() => start(sides)}>
            Measure
          </button>
        ) : (
          <>
            <button type="button" className="button" onClick={cancel}>
              Cancel
            </button>
            <progress value={progress} max={1} aria-label="Measuring" />
            <span className="small muted">{Math.round(100 * progress)} %</span>
          </>
        )}
      </div>
    </section>
  );
}

function Method() {
  return (
    <section className="card stack" aria-label="Method">
      <h2>How it is measured</h2>
      <p className="small muted">
        {PLAN.rounds} rounds after one that is not counted. In each round every side opens the model
        in a new worker with one thread, answers once, then {PLAN.calls} times more. The order
        changes with each round, and all answers are compared. A figure is the median of the rounds.
        The first answer includes the start of the worker and its runtime, without the download.
      </p>
      <IsolationNote />
      <p className="small muted">
        For a small file Perigee begins in plain JavaScript: the first answer needs no wasm, and a
        call may take longer than on wasm. On a model this small a call is mostly messages. The
        other sides check less and do not queue, so their calls may be shorter.
      </p>
      <p className="small muted">
        The workers of the others are written as an app would write them by hand. TensorFlow.js runs
        the same weights on its wasm backend. transformers.js runs the same file, without a
        pipeline, on the release of onnxruntime-web that the other sides have. The larger models of
        Perigee’s own bench are in <code>bench/RESULTS.md</code>.
      </p>
    </section>
  );
}
