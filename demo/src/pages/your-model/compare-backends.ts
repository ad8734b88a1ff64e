import { loadModel } from 'perigee';
import type { Backend, Tensors } from 'perigee';
import { faultOf } from '../../visitor-words.ts';
import type { Fault } from '../../visitor-words.ts';

export type Source = string | readonly File[];

/** The result of opening and running the model on one backend. */
export type BackendRun =
  | { readonly backend: Backend; readonly state: 'waiting' | 'opening' | 'running' }
  | { readonly backend: Backend; readonly state: 'failed'; readonly fault: Fault }
  | {
      readonly backend: Backend;
      readonly state: 'done';
      readonly engine: string;
      readonly openMs: number;
      readonly firstMs: number;
      readonly medianMs: number;
      readonly p95Ms: number;
      /**
       * Largest difference of any output value from the first backend's; null for the first
       * backend.
       */
      readonly largestDifference: number | null;
    };

/** A run that the visitor stopped. */
export const STOPPED: Fault = { words: 'Stopped.', detail: '', mayRetry: true };

const RUNS = 20;
/** Stops repeating runs on a slow backend after this time. */
const ENOUGH_MS = 5_000;

export function backendsOf(source: Source): readonly Backend[] {
  const names =
    typeof source === 'string'
      ? [new URL(source, location.href).pathname]
      : source.map(({ name }) => name);
  const isTfjs =
    !names.some((name) => /\.(onnx|ort)$/i.test(name)) &&
    names.some((name) => name.endsWith('.json'));
  return isTfjs ? ['wasm', 'cpu', 'webgl', 'webgpu'] : ['wasm', 'cpu', 'webgpu', 'webnn'];
}

/**
 * Opens and runs the model on one backend after the other, each in a worker of its own that is
 * ended afterwards.
 */
export async function compareBackends(
  source: Source,
  feeds: Tensors,
  signal: AbortSignal,
  onChange: (runs: readonly BackendRun[]) => void,
): Promise<void> {
  const runs: BackendRun[] = backendsOf(source).map((backend) => ({ backend, state: 'waiting' }));
  let reference: Tensors | undefined;
  const show = (index: number, run: BackendRun): void => {
    runs[index] = run;
    onChange([...runs]);
  };
  onChange([...runs]);
  for (const [index, { backend }] of [...runs].entries()) {
    if (signal.aborted) return;
    show(index, { backend, state: 'opening' });
    try {
      const start = performance.now();
      const model = await loadModel(source, { backend, signal });
      const openMs = performance.now() - start;
      try {
        show(index, { backend, state: 'running' });
        const { times, outputs } = await timeRuns((options) => model.run(feeds, options), signal);
        const [firstMs = 0, ...rest] = times;
        const sorted = (rest.length > 0 ? rest : times).toSorted((a, b) => a - b);
        const largestDifference = reference ? differenceOf(outputs, reference) : null;
        reference ??= outputs;
        show(index, {
          backend,
          state: 'done',
          engine: model.engine,
          openMs,
          firstMs,
          medianMs: sorted[sorted.length >> 1] ?? 0,
          p95Ms: sorted[Math.floor(sorted.length * 0.95)] ?? 0,
          largestDifference,
        });
      } finally {
        await model.dispose();
      }
    } catch (error) {
      show(index, {
        backend,
        state: 'failed',
        fault: signal.aborted ? STOPPED : faultOf(error),
      });
    }
  }
}

async function timeRuns(
  run: (options: { signal: AbortSignal; timeoutMs: number }) => Promise<Tensors>,
  signal: AbortSignal,
): Promise<{ times: number[]; outputs: Tensors }> {
  const times: number[] = [];
  const begin = performance.now();
  let outputs: Tensors = {};
  do {
    const start = performance.now();
    outputs = await run({ signal, timeoutMs: 60_000 });
    times.push(performance.now() - start);
  } while (times.length <= RUNS && performance.now() - begin < ENOUGH_MS);
  return { times, outputs };
}

function differenceOf(got: Tensors, expected: Tensors): number {
  let largest = 0;
  for (const [name, { data }] of Object.entries(expected)) {
    const own = got[name]?.data;
    for (let i = 0; i < data.length; i += 1) {
      const [a, b] = [own?.[i], data[i]];
      if (a === b || (a !== a && b !== b)) continue;
      largest = Math.max(
        largest,
        typeof a === 'string' || a === undefined ? Infinity : Math.abs(Number(a) - Number(b)),
      );
    }
  }
  return largest;
}
