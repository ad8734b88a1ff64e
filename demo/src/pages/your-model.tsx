import { useState } from 'react';
import { loadModel } from 'perigee';
import type { Model, Tensors } from 'perigee';

interface Run {
  readonly medianMs: number;
  readonly firstMs: number;
  readonly outputs: readonly string[];
}

const RUNS = 20;

export function YourModelPage() {
  const [model, setModel] = useState<Model>();
  const [progress, setProgress] = useState<number>();
  const [failure, setFailure] = useState('');
  const [run, setRun] = useState<Run>();
  const [url, setUrl] = useState('');
  const [over, setOver] = useState(false);

  async function open(source: File | string): Promise<void> {
    setFailure('');
    setRun(undefined);
    setProgress(0);
    await model?.dispose();
    setModel(undefined);
    try {
      setModel(await loadModel(source, { onProgress: ({ fraction }) => setProgress(fraction) }));
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
    setProgress(undefined);
  }

  async function measure(): Promise<void> {
    if (!model) return;
    setFailure('');
    try {
      setRun(await timeRuns(model));
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
  }

  return (
    <div className="stack">
      <div className="intro">
        <h1>Your model</h1>
        <p className="muted">Any ONNX file. It stays in this tab: it is not uploaded anywhere.</p>
      </div>
      <section className="card stack" aria-label="Choose a model">
        <label className={`drop ${over ? 'over' : ''}`} onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)} onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          const [file] = event.dataTransfer.files;
          if (file) void open(file);
        }}>
          <input type="file" accept=".onnx,.ort" className="visually-hidden" onChange={(event) => {
            const [file] = event.target.files ?? [];
            if (file) void open(file);
          }} />
          <b>Drop an .onnx file here</b>
          <span className="muted">or press to choose one</span>
        </label>
        <form className="row" onSubmit={(event) => { event.preventDefault(); if (url) void open(url); }}>
          <input className="field" type="url" placeholder="https://…/model.onnx" aria-label="Address of a model" value={url} onChange={(event) => setUrl(event.target.value)} />
          <button type="submit" className="button" disabled={!url}>Load</button>
        </form>
        <div className="line">
          {progress !== undefined && <progress value={progress} max={1} aria-label="Loading" />}
          {failure && <p className="badge bad wrap" role="alert">{failure}</p>}
        </div>
      </section>
      {model && (
        <section className="card stack" aria-label="Signature">
          <div className="row"><h2>{model.name.split('/').pop()}</h2><span className="badge accent">{model.backend}, {model.threads} thread{model.threads === 1 ? '' : 's'}</span><span className="muted small">opened in {model.loadTiming.totalMs.toFixed(0)} ms</span></div>
          <div className="table-scroll">
            <table>
              <thead><tr><th scope="col" /><th scope="col">name</th><th scope="col">dtype</th><th scope="col">shape</th></tr></thead>
              <tbody>
                {model.signature.inputs.map((input) => <tr key={input.name}><td>input</td><td>{input.name}</td><td>{input.dtype}</td><td>[{input.shape.map((size) => size ?? '?').join(', ')}]</td></tr>)}
                {model.signature.outputs.map((output) => <tr key={output.name}><td>output</td><td>{output.name}</td><td>{output.dtype}</td><td>[{output.shape.map((size) => size ?? '?').join(', ')}]</td></tr>)}
              </tbody>
            </table>
          </div>
          <div className="row"><button type="button" className="button primary" onClick={() => void measure()}>Run it on random numbers</button></div>
          {run && <p>First run {run.firstMs.toFixed(1)} ms, then {run.medianMs.toFixed(2)} ms (median of {RUNS}). Outputs: {run.outputs.join('; ')}.</p>}
        </section>
      )}
    </div>
  );
}

async function timeRuns(model: Model): Promise<Run> {
  const feeds = randomFeeds(model);
  const times: number[] = [];
  let outputs: Tensors = {};
  for (let i = 0; i <= RUNS; i += 1) {
    const start = performance.now();
    outputs = await model.run(feeds);
    times.push(performance.now() - start);
  }
  const [firstMs = 0, ...rest] = times;
  return { firstMs, medianMs: rest.toSorted((a, b) => a - b)[RUNS >> 1] ?? 0, outputs: Object.entries(outputs).map(([name, { dtype, shape }]) => `${name} ${dtype} [${shape.join(', ')}]`) };
}

function randomFeeds({ signature }: Model): Tensors {
  return Object.fromEntries(signature.inputs.map(({ name, dtype, shape }) => {
    if (dtype !== 'float32') throw new Error(`"${name}" is ${dtype}; random numbers are made for float32 inputs only. In code, pass { dtype, shape, data }.`);
    const sizes = shape.map((size) => (typeof size === 'number' ? size : 1));
    return [name, { dtype, shape: sizes, data: Float32Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, Math.random) }];
  }));
}
