import '../../styles/model.css';
import '../../styles/benchmarks.css';
import { useParams } from 'wouter';
import { FaultNotice } from '../../parts/fault-notice.tsx';
import { IsolationNote } from '../../parts/isolation-note.tsx';
import { ReportCard } from './report-card.tsx';
import { fromLink } from './share.ts';
import { PLAN, useBenchmark } from './use-benchmark.ts';
import type { Benchmark } from './use-benchmark.ts';

/** Measures this device, and shows the figures of a link. */
export default function BenchmarksPage() {
  const benchmark = useBenchmark();
  const { figures } = useParams<{ readonly figures?: string }>();
  const shared = figures === undefined ? undefined : fromLink(figures);
  const { report, fault, start } = benchmark;
  return (
    <div className="stack">
      <div className="intro">
        <h1>Measure this device</h1>
        <p className="muted">
          The digits model by Perigee and by onnxruntime-web alone, in this browser, one after the
          other. The figures are of this device, and stay here unless you share them.
        </p>
      </div>
      <Controls benchmark={benchmark} />
      {fault && <FaultNotice fault={fault} what="The measurement stopped." onRetry={start} />}
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

function Controls({ benchmark: { progress, start, cancel } }: { readonly benchmark: Benchmark }) {
  return (
    <section className="card row" aria-label="Measure">
      {progress === undefined ? (
        <button type="button" className="button primary" onClick={start}>
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
      <span className="small muted">
        Takes some seconds and downloads the wasm runtime (14 MB) once.
      </span>
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
        call may take longer than on wasm. On a model this small a call is mostly messages, and a
        worker that does nothing but run may be faster than Perigee, which also checks inputs,
        queues, and times each call. Perigee’s own bench, with TensorFlow.js and transformers.js, is
        in <code>bench/RESULTS.md</code>.
      </p>
    </section>
  );
}
