import { walkOnnx } from '@perigee/registry';
import type { Signature } from '@perigee/registry';
import type { EngineFiles } from '../engines/engine.ts';
import { furtherBackends } from '../engines/formats.ts';
import { stepsOf } from '../engines/instant/cost.ts';
import { instantEngine } from '../engines/instant/engine.ts';
import { unsuitableGraph } from '../engines/instant/suitable.ts';
import { readShapeGraph } from '../engines/onnx/shapes/read.ts';
import { fixedBatchSize, MAX_BATCH } from '../inference/batch-size.ts';
import { refuseProto } from '../inference/check-signature.ts';
import { probeSession } from '../inference/probe.ts';
import { randomPrefix } from '../inference/random-prefix.ts';
import { isLargeGraph } from './graph-size.ts';
import type { Here } from './here.ts';
import { MOST_AT_OPENING, limitSteps } from './step-limit.ts';
import type { ToOpenHere } from './to-open.ts';

/** Opening a larger graph, such as one of many trees, blocks the thread for tens of milliseconds. */
const MAX_GRAPH_BYTES = 32 * 1024;

/** A session in this thread, and whether a call with some feeds is short enough for it. */
export type OpenedHere = Pick<Here, 'model' | 'opened' | 'mayRun'>;

/**
 * Opens a model in this thread if a run takes about 0.2 ms at most; null for others.
 * @param startMs when reading the files began
 * @param check called with the signature before the model runs
 * @throws PerigeeError when the model cannot be opened
 */
export async function openLimited(
  { recipe, runtime }: Pick<ToOpenHere, 'recipe' | 'runtime'>,
  files: EngineFiles,
  startMs: number,
  check?: (signature: Signature) => Promise<void>,
): Promise<OpenedHere | null> {
  const { entry } = files;
  const bytes = files.files[entry];
  if (!bytes || isLargeGraph(bytes, MAX_GRAPH_BYTES)) return null;
  const [walked, graph] = [walkOnnx(bytes), readShapeGraph(bytes)];
  if (unsuitableGraph(walked, graph) !== null) return null;
  const readMs = performance.now() - startMs;
  // Constants are computed when the session is created, so the first check comes before.
  if (!(stepsOf(graph, walked.inputs) <= MOST_AT_OPENING)) return null;
  const session = await instantEngine.create(files, {
    backend: 'cpu',
    threads: 1,
    files: {},
    wasmUrl: null,
    optimized: false,
  });
  const { signature } = session;
  refuseProto(entry, signature);
  await check?.(signature);
  const { inputs } = signature;
  // Calls may replace defaults. Sizes that are their values are then not known.
  if (inputs.some(({ optional }) => optional) && !(stepsOf(graph, inputs) <= MOST_AT_OPENING))
    return null;
  const mayRun = limitSteps((shapes) =>
    stepsOf(
      graph,
      inputs.map((input) => ({ ...input, shape: shapes[input.name] ?? input.shape })),
    ),
  );
  const openMs = performance.now();
  if (recipe.warmUp)
    await probeSession({
      signature,
      run: async (feeds) =>
        mayRun(feeds) ? session.run(feeds) : Promise.reject(new Error('too large')),
    });
  const endMs = performance.now();
  const warmUpMs = recipe.warmUp ? endMs - openMs : 0;
  const idPrefix = randomPrefix();
  return {
    mayRun,
    model: {
      session,
      pipeline: null,
      observer: null,
      outsideOf: null,
      // A batch of short runs always pays, and this thread refuses longer ones.
      batchSize: fixedBatchSize(recipe.maxBatch ?? MAX_BATCH),
      idPrefix,
      isFirstRun: warmUpMs === 0,
      lastShapes: null,
      stacking: 'no',
      timeSample: null,
    },
    opened: {
      entry,
      backend: 'cpu',
      ...furtherBackends(entry, 'cpu', runtime.startBackends),
      engine: 'instant',
      signature,
      manifest: null,
      threads: 1,
      inPlace: true,
      fileBytes: bytes.byteLength,
      timing: {
        readMs,
        createMs: openMs - startMs - readMs,
        warmUpMs,
        totalMs: endMs - startMs,
      },
      trials: [],
      idPrefix,
      compiled: {},
    },
  };
}
