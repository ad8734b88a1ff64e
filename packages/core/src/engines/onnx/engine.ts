import {
  bindGpu,
  compiledWasm,
  executionProviders,
  guarded,
  IS_COMPILED_LATE,
  loadOrt,
  usableThreads,
  watchGpu,
} from '#onnx';
import type { Backend } from '../../config.ts';
import { codeOf, PerigeeError } from '../../error.ts';
import type { Tensors } from '../../tensor.ts';
import type { Engine, EngineFiles, EngineSession, SessionOptions } from '../engine.ts';
import type { DeviceLoss } from '../device-loss.ts';
import { giveBack } from '../give-back.ts';
import { externalData } from './external-data.ts';
import type { ExternalData } from './external-data.ts';
import { asExternalData, folderOf, lightModel, wholeFiles } from './light-model.ts';
import { externalFiles, fileSignature, hasManyNodes } from './graph-facts.ts';
import { explainCreate, explainRun, explainStart } from './errors.ts';
import type { GpuBinding } from './gpu-binding.ts';
import { IDENTITY } from './identity-model.ts';
import type { OrtModule, OrtSession } from './ort-types.ts';
import { fromOrt, signatureOf, toOrt } from './tensors.ts';
import { asInFile } from './as-in-file.ts';
import { rewriteModel } from './rewrite-model.ts';
import { relateRows } from './shapes/rows.ts';
import type { RowsRelation } from './shapes/rows.ts';
import { weightsApart } from './weights-apart.ts';

/**
 * Runs ONNX models with ONNX Runtime: in browsers on wasm, WebGPU or WebNN, in Node natively or on
 * wasm.
 */
export const onnxEngine: Engine = {
  copiesFiles: true,
  companions: externalFiles,
  isAlone: (entry) => lightModel(entry.name, { [entry.name]: entry }) !== null,
  compiled: compiledWasm,
  fetchCode: loadOrt,

  async prepare(options) {
    const { ort } = await startRuntime(options);
    await warmUp(ort, options);
  },

  async create(files, options) {
    const { ort, threads } = await startRuntime(options);
    await warmUp(ort, options);
    const runtime: Runtime = { ort, threads, options };
    const { entry, onDisk } = files;
    if (!onDisk) return openModel(runtime, files);
    await restored(onDisk);
    const graph = lightModel(entry, onDisk);
    const light = graph && { entry, files: { [entry]: graph }, onDisk };
    // A model that does not open in parts is opened as a whole, or its fault is explained.
    return (
      (light && (await openModel(runtime, light).catch(unlessOutOfMemory))) ??
      openWhole(runtime, entry, onDisk)
    );
  },
};

/** A runtime that has started, and the options for its sessions. */
interface Runtime {
  readonly ort: OrtModule;
  readonly threads: number;
  readonly options: SessionOptions;
}

function unlessOutOfMemory(error: unknown): null {
  if (codeOf(error) === 'OUT_OF_MEMORY') throw error;
  return null;
}

/** Reads bytes again that an opening took which failed. */
async function restored(onDisk: NonNullable<EngineFiles['onDisk']>): Promise<void> {
  for (const file of Object.values(onDisk)) await file.restore?.();
}

/** Reads the files as a whole, and keeps none of their bytes. */
async function openWhole(
  runtime: Runtime,
  entry: string,
  onDisk: NonNullable<EngineFiles['onDisk']>,
): Promise<EngineSession> {
  await restored(onDisk);
  const files = { entry, files: wholeFiles(onDisk) };
  try {
    return await openModel(runtime, files);
  } finally {
    giveBack(files);
  }
}

async function openModel(
  { ort, threads, options }: Runtime,
  files: EngineFiles,
): Promise<EngineSession> {
  const given = files.files[files.entry];
  if (!given)
    throw new PerigeeError(
      'INVALID_MANIFEST',
      `The model's entry file "${files.entry}" is not among its files: ` +
        `${Object.keys(files.files).join(', ') || 'none'}.`,
    );
  const rewritten = rewriteModel(given);
  const { model } = rewritten;
  let session: OrtSession;
  let graph = model;
  try {
    const data = dataOf(files, model, options.backend);
    const { external, folder } = data;
    graph = data.graph;
    session = await guarded(options, () =>
      ort.InferenceSession.create(graph, {
        executionProviders: executionProviders(options),
        graphOptimizationLevel: optimizationLevel(model, options),
        intraOpNumThreads: threads,
        logSeverityLevel: 3,
        ...(options.backend === 'native' && { extra: { session: nativeSettings(folder) } }),
        ...(external.length > 0 && { externalData: external }),
      }),
    );
  } catch (cause) {
    throw explainCreate(cause, files, given, options.backend);
  }
  const signature = signatureOf(session, fileSignature(model));
  const isLight = graph !== model || files.onDisk !== undefined;
  const facts = { signature, threads, rows: rowsOf(graph, isLight) };
  const gpu = await watchGpu(ort, options);
  return asInFile(
    wrap(ort, session, facts, options, gpu, await bindGpu(ort, session, signature, options)),
    rewritten,
  );
}

/**
 * Without the first setting, quantized kernels saturate on x86-64 processors that lack VNNI, and
 * give wrong results.
 */
function nativeSettings(folder: string | undefined): Record<string, string> {
  return {
    x64quantprecision: '1',
    ...(folder !== undefined && { model_external_initializers_file_folder_path: folder }),
  };
}

/**
 * Returns a function that relates the rows of a batch. A graph without its large weights has all
 * that it takes, so it waits until calls can run together. The whole model is read at once: its
 * bytes are released when the session is open.
 */
function rowsOf(graph: Uint8Array, isLight: boolean): () => RowsRelation {
  if (!isLight) {
    const rows = relateRows(graph);
    return () => rows;
  }
  let unread: Uint8Array | null = graph;
  let rows: RowsRelation = 'unknown';
  return () => {
    if (unread) rows = relateRows(unread);
    unread = null;
    return rows;
  };
}

/**
 * Skips the optimiser for very large graphs, and on wasm for graphs that are optimised already. The
 * native build runs such graphs faster after its own optimiser, and GPU backends need theirs.
 */
function optimizationLevel(
  model: Uint8Array,
  { optimized, backend }: SessionOptions,
): 'disabled' | 'all' {
  return (optimized && backend === 'wasm') || hasManyNodes(model) ? 'disabled' : 'all';
}

async function startRuntime(options: SessionOptions): Promise<{ ort: OrtModule; threads: number }> {
  const ort = await loadOrt(options).catch((cause: unknown) => {
    throw explainStart(cause, options);
  });
  const threads = usableThreads(options);
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = 'error';
  return { ort, threads };
}

const warm = new Map<Backend, Promise<void>>();

/**
 * Makes ONNX Runtime Web fetch and compile its wasm early, by a session of a tiny model. Otherwise
 * it does so when the first session is made.
 */
function warmUp(ort: OrtModule, options: SessionOptions): Promise<void> {
  let started = warm.get(options.backend);
  if (!started) {
    started = IS_COMPILED_LATE ? startWasm(ort, options) : Promise.resolve();
    warm.set(options.backend, started);
    // After a failed start, the next caller tries again.
    started.catch(() => warm.delete(options.backend));
  }
  return started;
}

async function startWasm(ort: OrtModule, options: SessionOptions): Promise<void> {
  try {
    const session = await ort.InferenceSession.create(IDENTITY, {
      executionProviders: executionProviders(options),
      logSeverityLevel: 3,
    });
    await session.release();
  } catch (cause) {
    throw explainStart(cause, options);
  }
}

/**
 * The graph that the runtime parses, and the external data that it only copies from, or the folder
 * with it. Weights are taken out of a graph in memory on wasm only: the native build keeps a copy of
 * external data in memory, so nothing is gained there. A model with external data has its large
 * weights there already.
 */
function dataOf(
  files: EngineFiles,
  model: Uint8Array,
  backend: Backend,
): { graph: Uint8Array; external: readonly ExternalData[]; folder?: string | undefined } {
  if (files.onDisk)
    return backend === 'native'
      ? { graph: model, external: [], folder: folderOf(files.onDisk) }
      : { graph: model, external: asExternalData(files.onDisk, model) };
  const external = externalData(model, files);
  const apart = backend === 'wasm' && external.length === 0 ? weightsApart(model) : null;
  return apart
    ? { graph: apart.graph, external: [{ path: apart.path, data: model }] }
    : { graph: model, external };
}

/**
 * The latest run of this thread. ONNX Runtime Web refuses a run while another one is in progress,
 * and a thread has several models where there are no workers.
 */
let last: Promise<unknown> = Promise.resolve();
/** Number of runs that did not end yet. */
let runs = 0;

/** Begins the run once all earlier ones of this thread have ended. */
function inTurn<T>(run: () => Promise<T>): Promise<T> {
  const isFree = runs === 0;
  runs += 1;
  const result = isFree ? run() : last.then(run);
  last = result.then(endRun, endRun);
  return result;
}

function endRun(): void {
  runs -= 1;
}

function wrap(
  ort: OrtModule,
  session: OrtSession,
  {
    rows,
    ...facts
  }: Pick<EngineSession, 'signature' | 'threads'> & {
    readonly rows: () => RowsRelation;
  },
  options: SessionOptions,
  gpu: DeviceLoss | null,
  bound: GpuBinding | null,
): EngineSession {
  let binding = bound;
  const runUnbound = async (
    feeds: Tensors,
    outputs: readonly string[] | undefined,
  ): Promise<Tensors> => {
    const fed = toOrt(ort, feeds);
    return fromOrt(
      await guarded(options, () => (outputs ? session.run(fed, outputs) : session.run(fed))),
    );
  };
  const runBound = async (
    buffers: GpuBinding,
    feeds: Tensors,
    outputs: readonly string[] | undefined,
  ): Promise<Tensors> => {
    const result = await buffers.run(feeds, outputs).catch(() => null);
    if (result) return result.read();
    // An output whose shape is not the declared one does not fit its buffer. Run again without the
    // buffers: any other fault then occurs again, and is reported.
    const answer = await runUnbound(feeds, outputs);
    buffers.destroy();
    binding = null;
    return answer;
  };
  const execute = async (
    feeds: Tensors,
    outputs: readonly string[] | undefined,
  ): Promise<Tensors> => {
    try {
      const run = (): Promise<Tensors> =>
        binding?.takes(feeds) ? runBound(binding, feeds, outputs) : runUnbound(feeds, outputs);
      return await (gpu ? gpu.guard(run) : run());
    } catch (cause) {
      throw explainRun(cause, options.backend);
    }
  };
  return {
    ...facts,
    get rows() {
      return rows();
    },
    run: (feeds, outputs) => inTurn(() => execute(feeds, outputs)),
    async dispose() {
      await last;
      binding?.destroy();
      await guarded(options, () => session.release());
    },
  };
}
