import { walkOnnx } from '@perigee/registry';
import { stepsOf } from '../engines/instant/cost.ts';
import { instantEngine } from '../engines/instant/engine.ts';
import { unsuitableGraph } from '../engines/instant/suitable.ts';
import { furtherBackends } from '../engines/formats.ts';
import { readShapeGraph } from '../engines/onnx/shapes/read.ts';
import { fixedBatchSize, MAX_BATCH } from '../inference/batch-size.ts';
import { refuseProto } from '../inference/check-signature.ts';
import type { OpenModel } from '../inference/open-model.ts';
import { probeSession } from '../inference/probe.ts';
import { randomPrefix } from '../inference/random-prefix.ts';
import { settledName } from '../inference/settle-format.ts';
import { checkWasmUrl } from '../inference/start-runtime.ts';
import { unpack, unpackedName } from '../inference/unpack.ts';
import type { OpenWorker } from '../main/backends/open-worker.ts';
import { asPerigeeError, packError } from '../rpc/error-wire.ts';
import type { Opened } from '../rpc/inference-api.ts';
import type { Tensors } from '../tensor.ts';
import { isLargeGraph } from './graph-size.ts';
import { MAX_BYTES, readSmall } from './read-small.ts';
import type { SmallFile } from './read-small.ts';
import { runHere } from './run-here.ts';
import type { Declined, ToOpenHere } from './to-open.ts';

/** Opening a larger graph, such as one of many trees, blocks the thread for tens of milliseconds. */
const MAX_GRAPH_BYTES = 32 * 1024;
/** Most steps of a run with one row. They take about 0.2 ms. */
const MOST_AT_OPENING = 45_000;
/** Most steps of a call; a larger one goes to a worker before it runs. They take about 1 ms. */
const MOST_PER_CALL = 200_000;
/** Shapes of calls whose steps are remembered. */
const KNOWN_SHAPES = 64;

/** A session in this thread, and whether a call with these feeds is short enough for it. */
interface OpenedHere {
  readonly model: OpenModel;
  readonly opened: Opened;
  mayRun(feeds: Tensors): boolean;
}

/**
 * Opens a model in this thread if it is small and a run takes about 0.2 ms at most. Other models
 * are declined, with what was read of them, and so are those that cannot be opened: the worker
 * that gets them then says why.
 * @throws PerigeeError when the file cannot be fetched
 */
export async function openSmall(toOpen: ToOpenHere): Promise<OpenWorker | Declined> {
  const startMs = performance.now();
  const { lent, signal } = toOpen;
  let read: SmallFile | Declined = {};
  try {
    checkWasmUrl(toOpen.recipe);
    read = await untilAborted(readSmall(toOpen), signal);
  } catch (error) {
    const known = signal?.aborted ? undefined : asPerigeeError(error);
    if (known) throw lent.unpackError(packError(known));
  }
  signal?.throwIfAborted();
  if (!('bytes' in read)) return read;
  const here = await openBytes(toOpen, read, startMs).catch(() => null);
  signal?.throwIfAborted();
  if (here) return runHere(toOpen, read, here);
  return { files: toOpen.recipe.source.kind === 'url' ? { [read.path]: read.bytes } : null };
}

/** The app's own fetch may not end when the load is aborted. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal?.reason as Error);
    signal?.addEventListener('abort', stop);
    void work.then(resolve, reject).finally(() => signal?.removeEventListener('abort', stop));
  });
}

async function openBytes(
  { recipe, runtime }: ToOpenHere,
  { path, bytes, format }: SmallFile,
  startMs: number,
): Promise<OpenedHere | null> {
  // A gzip file may unpack to a thousand times its size, for which this thread has no time.
  const unpacked = await unpack(path, bytes, MAX_BYTES);
  const entry = settledName(unpackedName(path), unpacked, format);
  if (!/\.onnx$/i.test(entry) || isLargeGraph(unpacked, MAX_GRAPH_BYTES)) return null;
  const [walked, graph] = [walkOnnx(unpacked), readShapeGraph(unpacked)];
  if (unsuitableGraph(walked, graph) !== null) return null;
  const readMs = performance.now() - startMs;
  // Constants are computed when the session is created, so the first check comes before.
  if (!(stepsOf(graph, walked.inputs) <= MOST_AT_OPENING)) return null;
  const session = await instantEngine.create(
    { entry, files: { [entry]: unpacked } },
    { backend: 'cpu', threads: 1, files: {}, wasmUrl: null, optimized: false },
  );
  refuseProto(entry, session.signature);
  const { inputs } = session.signature;
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
      signature: session.signature,
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
      signature: session.signature,
      manifest: null,
      threads: 1,
      inPlace: true,
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

/** Whether a call with these feeds takes few steps. Shapes that were seen before are remembered. */
function limitSteps(
  stepsWith: (shapes: Readonly<Record<string, readonly number[]>>) => number,
): (feeds: Tensors) => boolean {
  const known = new Map<string, boolean>();
  let last = '';
  let lastIsFew = false;
  return (feeds) => {
    let key = '';
    for (const name in feeds) key += `${name} ${feeds[name]?.shape.join()};`;
    if (key === last) return lastIsFew;
    let isFew = known.get(key);
    if (isFew === undefined) {
      const shapes: Record<string, readonly number[]> = {};
      for (const name in feeds) shapes[name] = feeds[name]?.shape ?? [];
      isFew = stepsWith(shapes) <= MOST_PER_CALL;
      if (known.size >= KNOWN_SHAPES) known.clear();
      known.set(key, isFew);
    }
    [last, lastIsFew] = [key, isFew];
    return isFew;
  };
}
