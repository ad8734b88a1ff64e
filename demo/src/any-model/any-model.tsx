import { useEffect, useRef, useState } from 'react';
import { loadModel } from 'perigee';
import type { Model } from 'perigee';
import { compareBackends } from './compare-backends.ts';
import type { BackendRun, Source } from './compare-backends.ts';
import { defaultSize, FILLS, freeDimensions, makeFeeds } from './inputs.ts';
import type { Fill } from './inputs.ts';
import { ModelDrop } from './model-drop.tsx';
import { RunChart } from './run-chart.tsx';

interface Opened {
  readonly source: Source;
  readonly name: string;
  readonly signature: Model['signature'];
}

/**
 * Opens any model of the visitor: shows its inputs and outputs, and how fast each backend of this
 * device runs it.
 */
export function AnyModel() {
  const [opened, setOpened] = useState<Opened>();
  const [progress, setProgress] = useState<number>();
  const [failure, setFailure] = useState('');
  const [sizes, setSizes] = useState<Readonly<Record<string, number>>>({});
  const [fill, setFill] = useState<Fill>('random');
  const [runs, setRuns] = useState<readonly BackendRun[]>([]);
  const [running, setRunning] = useState(false);
  const work = useRef<AbortController>(undefined);
  useEffect(() => () => work.current?.abort(), []);

  /** Only one task runs at a time: a new one stops the task before. */
  function begin(): AbortSignal {
    work.current?.abort(new DOMException('Stopped.', 'AbortError'));
    work.current = new AbortController();
    return work.current.signal;
  }

  async function open(source: Source): Promise<void> {
    const signal = begin();
    setFailure('');
    setOpened(undefined);
    setRuns([]);
    setProgress(0);
    try {
      const model = await loadModel(source, {
        signal,
        onProgress: ({ fraction }) => setProgress(fraction),
      });
      const { signature, name } = model;
      await model.dispose();
      setSizes(
        Object.fromEntries(
          [...freeDimensions(signature.inputs).keys()].map((key) => [
            key,
            defaultSize(key, signature.inputs),
          ]),
        ),
      );
      setOpened({ source, signature, name: name.split('/').pop() ?? name });
    } catch (error) {
      if (!signal.aborted) setFailure(error instanceof Error ? error.message : String(error));
    }
    if (!signal.aborted) setProgress(undefined);
  }

  async function compare({ source, signature }: Opened): Promise<void> {
    const signal = begin();
    setFailure('');
    setRunning(true);
    try {
      await compareBackends(
        source,
        makeFeeds(signature.inputs, sizes, fill),
        signal,
        (next) => signal === work.current?.signal && setRuns(next),
      );
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
    setRunning(false);
  }

  const free = opened ? [...freeDimensions(opened.signature.inputs)] : [];
  return (
    <section className="card stack" aria-label="Any model" data-testid="any-model">
      <div className="intro">
        <h2>Any model</h2>
        <p className="muted small">
          An .onnx or .ort file, or a TensorFlow.js model.json with its weight files. It stays in
          this tab: nothing is uploaded.
        </p>
      </div>
      <ModelDrop onModel={(source) => void open(source)} />
      {progress !== undefined && (
        <div className="row">
          <progress value={progress} max={1} aria-label="Opening" />
          <button
            type="button"
            className="button"
            onClick={() => {
              begin();
              setProgress(undefined);
            }}
          >
            Stop
          </button>
        </div>
      )}
      {failure && (
        <p className="badge bad wrap" role="alert">
          {failure}
        </p>
      )}
      {opened && (
        <>
          <div className="table-scroll">
            <table>
              <caption className="caption">{opened.name}</caption>
              <thead>
                <tr>
                  <th scope="col" />
                  <th scope="col">name</th>
                  <th scope="col">dtype</th>
                  <th scope="col">shape</th>
                </tr>
              </thead>
              <tbody>
                {(['inputs', 'outputs'] as const).flatMap((side) =>
                  opened.signature[side].map(({ name, dtype, shape }) => (
                    <tr key={`${side} ${name}`}>
                      <td className="muted">{side.slice(0, -1)}</td>
                      <td>{name}</td>
                      <td>{dtype}</td>
                      <td>[{shape.map((size) => size ?? '?').join(', ')}]</td>
                    </tr>
                  )),
                )}
              </tbody>
            </table>
          </div>
          <form
            className="row"
            onSubmit={(event) => {
              event.preventDefault();
              void compare(opened);
            }}
          >
            {free.map(([key, label]) => (
              <label key={key} className="size">
                <span className="muted small">{label}</span>
                <input
                  type="number"
                  className="field"
                  min={1}
                  max={4096}
                  step={1}
                  required
                  value={sizes[key] ?? 1}
                  onChange={(event) =>
                    setSizes({ ...sizes, [key]: event.target.valueAsNumber || 1 })
                  }
                />
              </label>
            ))}
            <label className="size">
              <span className="muted small">filled with</span>
              <select
                className="button"
                value={fill}
                onChange={(event) => setFill(event.target.value as Fill)}
              >
                {FILLS.map((one) => (
                  <option key={one}>{one}</option>
                ))}
              </select>
            </label>
            <span className="spacer" />
            {running ? (
              <button
                type="button"
                className="button"
                onClick={() => {
                  begin();
                  setRunning(false);
                }}
              >
                Stop
              </button>
            ) : (
              <button type="submit" className="button primary" data-testid="compare">
                Run on every backend
              </button>
            )}
          </form>
          {runs.length > 0 && <RunChart runs={runs} />}
        </>
      )}
    </section>
  );
}
