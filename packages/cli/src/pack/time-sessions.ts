import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { GoldenSamples } from '@perigee/registry';
import type { Tensor } from 'perigee';
import { fromGolden } from './golden-tensors.ts';
import type { ModelFiles } from './read-files.ts';

/** What is used of onnxruntime-web. */
interface Ort {
  readonly env: { readonly wasm: { numThreads?: number }; logLevel?: string };
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<OrtSession> };
  readonly Tensor: new (dtype: string, data: Tensor['data'], shape: readonly number[]) => unknown;
}
interface OrtSession {
  run(feeds: Record<string, unknown>, outputs: readonly string[]): Promise<unknown>;
  release(): Promise<void>;
}

export interface SessionTimes {
  /** The fastest of several, the runtime warm. */
  readonly createMs: number;
  /**
   * The median time of a run. Null where no output is a tensor: the runtime alone cannot return
   * others.
   */
  readonly runMs: number | null;
}

const SESSIONS = 5;
/** The first warms up. */
const RUNS = 10;
/** Larger models are opened once. */
const SLOW_BYTES = 200_000_000;

/**
 * How long a session takes to make and a run takes on wasm with one thread, as on most pages; in this thread, because a worker and the
 * start of the runtime would take more time than most sessions.
 */
export async function timeSessions(
  { entry, files, onnx }: ModelFiles,
  optimized: boolean,
  { samples }: GoldenSamples,
): Promise<SessionTimes> {
  const ort = await loadOrt();
  const model = files.get(entry) ?? new Uint8Array();
  const feeds = Object.fromEntries(Object.entries(samples[0]?.feeds ?? {}).map(([name, golden]) => {
    const { dtype, data, shape } = fromGolden(golden);
    return [name, new ort.Tensor(dtype, data, shape)];
  }));
  const others = [...files].filter(([path]) => path !== entry).map(([path, data]) => ({ path, data }));
  const options = { executionProviders: ['wasm'], graphOptimizationLevel: optimized ? 'disabled' : 'all', logSeverityLevel: 3, ...(others.length > 0 && { externalData: others }) };
  const outputs = onnx.outputs.map(({ name }) => name);
  const runs: number[] = [];
  const timed = async (runCount: number): Promise<number> => {
    const start = performance.now();
    const session = await ort.InferenceSession.create(model, options);
    const createMs = performance.now() - start;
    for (let run = 0; run < runCount; run += 1) {
      const runStart = performance.now();
      await session.run(feeds, outputs);
      runs.push(performance.now() - runStart);
    }
    await session.release();
    return createMs;
  };
  let createMs = await timed(outputs.length === 0 ? 0 : RUNS);
  for (let i = 1; i < (model.byteLength > SLOW_BYTES ? 1 : SESSIONS); i += 1) createMs = Math.min(createMs, await timed(0));
  return { createMs, runMs: runs.slice(1).toSorted((a, b) => a - b)[(RUNS - 1) >> 1] ?? null };
}

/** The one the SDK brings. */
async function loadOrt(): Promise<Ort> {
  // Of two that are loaded in one thread, the first keeps the name "cpu", which wasm claims too and only onnxruntime-node needs.
  await import('onnxruntime-node').catch(() => undefined);
  const path = createRequire(import.meta.resolve('perigee')).resolve('onnxruntime-web');
  const { default: ort } = (await import(pathToFileURL(path).href)) as { default: Ort };
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  return ort;
}
