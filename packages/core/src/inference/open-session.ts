import { toleranceFor } from '@perigee/registry';
import type { GoldenSamples, Signature, TensorSignature, Tolerance } from '@perigee/registry';
import type { Backend } from '../config.ts';
import type { Engine, EngineFiles, EngineSession, SessionOptions } from '../engines/engine.ts';
import { formatByName, furtherBackends, startBackends } from '../engines/formats.ts';
import type { EngineName, Engines } from '../engines/load-engine.ts';
import { isBackendFault, messageOf, PerigeeError } from '../error.ts';
import type { LoadTiming, Trial } from '../model-types.ts';
import type { Requester } from '../request/requester.ts';
import type { Elsewhere, OpenOptions, OpenSource } from '../rpc/protocol.ts';
import type { ModelStore } from '../store/store.ts';
import type { Tensors } from '../tensor.ts';
import type { Files } from '../updater/assembly.ts';
import type { StoredRelease } from '../updater/load-stored.ts';
import { defaultThreads } from './default-threads.ts';
import { runGolden } from './golden.ts';
import type { GoldenResult } from './golden.ts';
import { PROBE_TOLERANCE, probeSession } from './probe.ts';
import { readModel } from './read-model.ts';
import type { OnProgress } from './read-model.ts';
import { checkFeeds } from './validate-input.ts';

export interface OpenResult {
  readonly session: EngineSession;
  readonly entry: string;
  readonly backend: Backend;
  readonly next: readonly Backend[];
  readonly faster: readonly Backend[];
  readonly engine: EngineName;
  readonly stored: StoredRelease | null;
  readonly timing: LoadTiming;
  readonly trials: readonly Trial[];
}

/**
 * Source → session on the first of the backends that can run the model and, in a trial, gives right numbers. Reading the model and starting
 * the runtime overlap.
 * @throws PerigeeError of the last backend when none can
 */
export async function openSession(engines: Engines, source: OpenSource, options: OpenOptions, store: ModelStore | null, onProgress: OnProgress, given: Files | null = null, ask?: Requester): Promise<OpenResult | Elsewhere> {
  const startMs = performance.now();
  const { files, stored } = await readModel(engines, source, store, earlyStart(engines, options), onProgress, given, ask);
  if (!stored && !engines.opens(files.entry)) return elsewhere(source, files);
  const readMs = performance.now() - startMs;
  const trials: Trial[] = [];
  const backends = inOrder(files.entry, options).filter((backend) => mayRun(stored, backend));
  for (const [index, backend] of backends.entries()) {
    const isLast = index === backends.length - 1;
    const { name, load } = engines.find(files.entry, backend);
    const openStartMs = performance.now();
    let session: EngineSession | undefined;
    try {
      const engine = await load();
      const unsuitable = isLast ? null : (engine.unsuitable?.(files) ?? null);
      if (unsuitable !== null) {
        trials.push({ backend, engine: name, verdict: 'skipped', reason: unsuitable });
        continue;
      }
      session = await createSession(engine, files, { ...sessionOptions(backend, options), optimized: stored?.variant.optimized ?? false, ...(stored && { names: namesIn(stored) }) });
      refuseProto(files.entry, session.signature);
      // The bytes are checked while the session is made of them.
      await stored?.verified;
      if (stored) checkContract(stored, session.signature);
      const openMs = performance.now() - openStartMs;
      const { trial, warmUpMs } = await firstRun(session, { backend, engine: name, openMs }, stored, options);
      trials.push(trial);
      if (trial.verdict === 'wrong-output' && !isLast) {
        await session.dispose();
        continue;
      }
      if (engine.copiesFiles) giveBack(files);
      const timing = { readMs, createMs: openMs, warmUpMs, totalMs: performance.now() - startMs };
      return { session, entry: files.entry, backend, ...furtherBackends(files.entry, backend, options.available), engine: name, stored, timing, trials: options.trial === 'none' ? trials.filter(({ verdict }) => verdict !== 'passed') : trials };
    } catch (error) {
      await session?.dispose();
      // What no engine can read may be damaged: then that is the fault to tell of.
      await stored?.verified;
      // An engine that knows a part of the format only cannot say that a file is damaged.
      const isPartial = engines.reader(files.entry)?.name !== name;
      if (isLast || !(isPartial || mayOpenElsewhere(error))) throw error;
      const verdict = error instanceof PerigeeError && error.code === 'BACKEND_UNAVAILABLE' ? 'skipped' : 'failed';
      trials.push({ backend, engine: name, verdict, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  // Of a file that no engine opens, this says so.
  engines.find(files.entry, options.backends[0] ?? 'wasm');
  const only = stored?.variant.requires?.backends;
  throw new PerigeeError('BACKEND_UNAVAILABLE', `There is no backend to open "${files.entry}" on${only ? `: the variant "${stored.variant.id}" runs on ${only.join(', ')} only` : ''}; tried: ${options.backends.join(', ')}.`, { details: { entry: files.entry } });
}

/** The other worker reads what was passed by itself; of a URL it gets what was fetched. */
function elsewhere({ kind }: OpenSource, { entry, files }: EngineFiles): Elsewhere {
  return { format: formatByName(entry) ?? 'onnx', files: kind === 'url' ? (files as Files) : null };
}

/** A model that one runtime does not take may be fine for the next; a file that is no model is not. */
function mayOpenElsewhere(error: unknown): boolean {
  return isBackendFault(error) || (error instanceof PerigeeError && error.code === 'UNSUPPORTED_MODEL');
}

/** A variant may have operators that some backends lack. */
function mayRun(stored: StoredRelease | null, backend: Backend): boolean {
  return stored?.variant.requires?.backends?.includes(backend) ?? true;
}

function inOrder(entry: string, { backends, auto }: OpenOptions): readonly Backend[] {
  return auto ? startBackends(entry, backends) : backends;
}

export function sessionOptions(backend: Backend, { threads, wasmUrl }: OpenOptions): SessionOptions {
  return { backend, threads: threads ?? defaultThreads(), wasmUrl, optimized: false };
}

/**
 * Starts a runtime while the model is still being read, as soon as it is clear which: of the only backend there is, or, when it turns out
 * that the model is too large for those before it, of the first that is left.
 */
export function earlyStart(engines: Engines, options: OpenOptions): (entry: string, sizeBytes: number) => void {
  let started = false;
  return (entry, sizeBytes) => {
    const backends = inOrder(entry, options);
    const backend = backends.find((candidate) => (engines.find(entry, candidate).maxBytes ?? Infinity) > sizeBytes);
    if (started || backend === undefined || (backend === backends[0] && backends.length > 1)) return;
    started = true;
    // Its failure is met again, and told, when the session is made.
    engines.find(entry, backend).load().then((engine) => engine.prepare(sessionOptions(backend, options))).catch(() => undefined);
  };
}

async function createSession(engine: Engine, files: EngineFiles, options: SessionOptions): Promise<EngineSession> {
  await engine.prepare(options);
  return engine.create(files, options);
}

/**
 * Tensors travel in plain objects, by name. There this name does not make a property: the tensor
 * would be lost, here and in ONNX Runtime.
 */
function refuseProto(entry: string, { inputs, outputs }: Signature): void {
  const isInput = inputs.some(({ name }) => name === '__proto__');
  if (!isInput && !outputs.some(({ name }) => name === '__proto__')) return;
  throw new PerigeeError(
    'UNSUPPORTED_MODEL',
    `"${entry}" has an ${isInput ? 'input' : 'output'} called "__proto__", which JavaScript `
      + 'runtimes lose. Rename it in the model.',
    { details: { name: '__proto__' } },
  );
}

/** At once: a worker that waits for calls collects no garbage, and would hold the model twice. */
function giveBack({ files }: EngineFiles): void {
  structuredClone(null, { transfer: [...new Set(Object.values(files).map(({ buffer }) => buffer as ArrayBuffer))] });
}

/** The manifest's signature is what the app was written against; a file that says otherwise was packed wrongly. */
function checkContract({ manifest }: StoredRelease, actual: Signature): void {
  for (const side of ['inputs', 'outputs'] as const) {
    for (const declared of manifest.signature[side]) {
      const found = actual[side].find(({ name }) => name === declared.name);
      if (found && found.dtype === declared.dtype && sameRank(found, declared)) continue;
      const has = actual[side].map((one) => `${one.name} ${typeText(one)}`).join('; ');
      throw new PerigeeError('INVALID_MANIFEST', `${manifest.name}@${manifest.version} declares ${side.slice(0, -1)} "${declared.name}" as ${typeText(declared)}, but its file has: ${has}. Pack the model again.`);
    }
  }
}

function namesIn({ manifest: { signature } }: StoredRelease): readonly string[] {
  return [...signature.inputs, ...signature.outputs].map(({ name }) => name);
}

/** An unknown rank contradicts none. */
function sameRank(a: TensorSignature, b: TensorSignature): boolean {
  return a.rank === 'unknown' || b.rank === 'unknown' || a.shape.length === b.shape.length;
}

function typeText({ dtype, shape, rank }: TensorSignature): string {
  return rank === 'unknown' ? `${dtype} of any shape` : `${dtype} [${shape.map((size) => size ?? '?').join(', ')}]`;
}

/** The trial, or a run on made-up input when `warmUp` asks for one, or nothing. */
async function firstRun(session: EngineSession, candidate: Pick<Trial, 'backend' | 'engine' | 'openMs'>, stored: StoredRelease | null, { trial, warmUp }: OpenOptions): Promise<{ trial: Trial; warmUpMs: number }> {
  const samples = trial === 'golden' ? stored?.golden : trial === 'none' ? null : trial.probes;
  if (!samples) {
    const start = performance.now();
    if (warmUp) await probeSession(session);
    return { trial: { ...candidate, verdict: 'passed', ...(trial !== 'none' && { reason: 'the model has no golden samples' }) }, warmUpMs: warmUp ? performance.now() - start : 0 };
  }
  const run = (feeds: Tensors): Promise<Tensors> => session.run(checkedSample(feeds, session.signature));
  const hold = (held: GoldenSamples, tolerance: Tolerance): Promise<GoldenResult> => runGolden(held, run, tolerance);
  const golden = stored?.golden ?? null;
  const passed = golden && stored ? await hold(golden, toleranceOf(stored, candidate.backend)) : null;
  // Probes do not stand for a release's own samples: they come on top, and tell how long a call takes.
  const result = passed && (trial === 'golden' || !passed.passed) ? passed : await hold(samples, PROBE_TOLERANCE);
  return {
    trial: { ...candidate, verdict: result.passed ? 'passed' : 'wrong-output', maxError: result.maxError, medianMs: result.medianMs, ...(result.failure !== undefined && { reason: result.failure }) },
    warmUpMs: result.firstMs,
  };
}

/** Samples go through the check of `predict()`: a release that would refuse every call fails here. */
function checkedSample(feeds: Tensors, signature: Signature): Tensors {
  try {
    return checkFeeds(feeds, signature);
  } catch (cause) {
    throw new PerigeeError('INVALID_MANIFEST', `The golden samples do not fit the model's inputs: ${messageOf(cause)} Pack the model again.`, { cause });
  }
}

function toleranceOf({ manifest, variant }: StoredRelease, backend: Backend): Tolerance {
  return manifest.golden ? toleranceFor(manifest.golden.tolerance, variant.id, backend) : PROBE_TOLERANCE;
}
