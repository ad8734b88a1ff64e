import type { GoldenSamples } from '@perigee/registry';
import type { Tensor } from 'perigee';
import { fromGolden } from '../golden/golden-tensors.ts';
import type { ModelFiles } from '../read-files.ts';

/** The part of onnxruntime-web's API that is used here. */
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
  /** The fastest of several, with a warm runtime, in milliseconds. */
  readonly createMs: number;
  /**
   * Median time of a run, in milliseconds. Null if no output is a tensor: the runtime alone cannot
   * return other outputs.
   */
  readonly runMs: number | null;
}

const ORT: string = 'perigee/node/ort.js';
const SESSIONS = 5;
/** The first run is a warm-up. */
const RUNS = 10;
/** Larger models are opened once. */
const SLOW_BYTES = 200_000_000;

/**
 * Times the creation of a session and a run on wasm with one thread, as on most pages. It runs in
 * this thread, because starting a worker and the runtime would take longer than most sessions.
 */
export async function timeSessions(
  { entry, files, onnx }: ModelFiles,
  optimized: boolean,
  { samples }: GoldenSamples,
): Promise<SessionTimes> {
  const ort = await loadOrt();
  const model = files.get(entry) ?? new Uint8Array();
  const feeds = Object.fromEntries(
    Object.entries(samples[0]?.feeds ?? {}).map(([name, golden]) => {
      const { dtype, data, shape } = fromGolden(golden);
      return [name, new ort.Tensor(dtype, data, shape)];
    }),
  );
  const others = [...files]
    .filter(([path]) => path !== entry)
    .map(([path, data]) => ({ path, data }));
  const options = {
    executionProviders: ['wasm'],
    graphOptimizationLevel: optimized ? 'disabled' : 'all',
    logSeverityLevel: 3,
    ...(others.length > 0 && { externalData: others }),
  };
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
  for (let i = 1; i < (model.byteLength > SLOW_BYTES ? 1 : SESSIONS); i += 1)
    createMs = Math.min(createMs, await timed(0));
  return { createMs, runMs: runs.slice(1).toSorted((a, b) => a - b)[(RUNS - 1) >> 1] ?? null };
}

/** Loads the onnxruntime-web that the SDK contains. */
async function loadOrt(): Promise<Ort> {
  // Load onnxruntime-node first. The first of two runtimes in a thread gets the name "cpu". wasm
  // claims that name too, but only onnxruntime-node needs it.
  await import('onnxruntime-node').catch(() => undefined);
  // Without types, because the package does not depend on those of onnxruntime-web.
  const { default: ort } = (await import(ORT)) as { default: Ort };
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  return ort;
}
