import { toleranceFor } from '@perigee/registry';
import type { GoldenSamples, Signature, TensorSignature, Tolerance } from '@perigee/registry';
import type { Backend } from '../config.ts';
import type { Engine, EngineFiles, EngineSession, SessionOptions } from '../engines/engine.ts';
import { formatByName, furtherBackends, startBackends } from '../engines/formats.ts';
import type { EngineName, Engines } from '../engines/load-engine.ts';
import { isBackendFault, messageOf, PerigeeError } from '../error.ts';
import type { LoadTiming, Trial } from '../model-types.ts';
import type { Requester } from '../request/requester.ts';
import type { Elsewhere } from '../rpc/protocol.ts';
import type { OpenOptions, OpenSource } from '../rpc/inference-api.ts';
import type { ModelStore } from '../store/store.ts';
import type { Tensors } from '../tensor.ts';
import type { Files } from '../updater/assembly.ts';
import type { StoredRelease } from '../store/load-stored.ts';
import { defaultThreads } from './default-threads.ts';
import { runGolden } from './golden.ts';
import type { GoldenResult } from './golden.ts';
import { PROBE_TOLERANCE, probeSession } from './probe.ts';
import { readModel } from './read-model.ts';
import type { OnProgress } from './read-model.ts';
import { checkFeeds } from '../pipeline/input/validate-input.ts';

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
 * Opens the source on the first backend that can run the model and, in a trial, gives correct
 * outputs. The runtime starts while the model is being read.
 * @throws PerigeeError the last backend's error when no backend can
 */
export async function openSession(
  engines: Engines,
  source: OpenSource,
  options: OpenOptions,
  store: ModelStore | null,
  onProgress: OnProgress,
  given: Files | null = null,
  ask?: Requester,
): Promise<OpenResult | Elsewhere> {
  const startMs = performance.now();
  const { files, stored } = await readModel(
    engines,
    source,
    store,
    earlyStart(engines, options),
    onProgress,
    given,
    ask,
  );
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
      session = await createSession(engine, files, {
        ...sessionOptions(backend, options),
        optimized: stored?.variant.optimized ?? false,
        ...(stored && { names: namesIn(stored) }),
      });
      refuseProto(files.entry, session.signature);
      // Digests are checked while the session is being created; wait for the result.
      await stored?.verified;
      if (stored) checkContract(stored, session.signature);
      const openMs = performance.now() - openStartMs;
      const { trial, warmUpMs } = await firstRun(
        session,
        { backend, engine: name, openMs },
        stored,
        options,
      );
      trials.push(trial);
      if (trial.verdict === 'wrong-output' && !isLast) {
        await session.dispose();
        continue;
      }
      if (engine.copiesFiles) giveBack(files);
      const timing = { readMs, createMs: openMs, warmUpMs, totalMs: performance.now() - startMs };
      return {
        session,
        entry: files.entry,
        backend,
        ...furtherBackends(files.entry, backend, options.available),
        engine: name,
        stored,
        timing,
        trials:
          options.trial === 'none' ? trials.filter(({ verdict }) => verdict !== 'passed') : trials,
      };
    } catch (error) {
      await session?.dispose();
      // The file may be damaged. If so, throw the integrity error instead.
      await stored?.verified;
      // An engine for part of the format cannot tell damage from a feature it lacks.
      const isPartial = engines.reader(files.entry)?.name !== name;
      if (isLast || !(isPartial || mayOpenElsewhere(error))) throw error;
      const verdict =
        error instanceof PerigeeError && error.code === 'BACKEND_UNAVAILABLE'
          ? 'skipped'
          : 'failed';
      trials.push({
        backend,
        engine: name,
        verdict,
        reason: error instanceof Error ? error.message : String(error),
      });
    }
  }
  // No backend is left. `find` throws if no engine opens the file, or none has the backend.
  engines.find(files.entry, options.backends[0] ?? 'wasm');
  const only = stored?.variant.requires?.backends;
  throw new PerigeeError(
    'BACKEND_UNAVAILABLE',
    `There is no backend to open "${files.entry}" ` +
      `on${only ? `: the variant "${stored.variant.id}" runs on ${only.join(', ')} only` : ''}; ` +
      `tried: ${options.backends.join(', ')}.`,
    { details: { entry: files.entry } },
  );
}

/**
 * Redirects to the worker that has the right engine. It reads passed files itself; for a URL it
 * gets the bytes fetched here.
 */
function elsewhere({ kind }: OpenSource, { entry, files }: EngineFiles): Elsewhere {
  return { format: formatByName(entry) ?? 'onnx', files: kind === 'url' ? (files as Files) : null };
}

/** Whether the next backend may succeed: with an unsupported model, but not without a model. */
function mayOpenElsewhere(error: unknown): boolean {
  return (
    isBackendFault(error) || (error instanceof PerigeeError && error.code === 'UNSUPPORTED_MODEL')
  );
}

/** Whether the manifest allows the backend. A variant may use operators that some backends lack. */
function mayRun(stored: StoredRelease | null, backend: Backend): boolean {
  return stored?.variant.requires?.backends?.includes(backend) ?? true;
}

function inOrder(entry: string, { backends, auto }: OpenOptions): readonly Backend[] {
  return auto ? startBackends(entry, backends) : backends;
}

export function sessionOptions(
  backend: Backend,
  { threads, wasmUrl }: OpenOptions,
): SessionOptions {
  return { backend, threads: threads ?? defaultThreads(), wasmUrl, optimized: false };
}

/**
 * Starts a runtime while the model is still being read, as soon as the backend is certain. It is
 * certain when there is only one, or when the model is too large for all backends before it.
 */
export function earlyStart(
  engines: Engines,
  options: OpenOptions,
): (entry: string, sizeBytes: number) => void {
  let started = false;
  return (entry, sizeBytes) => {
    const backends = inOrder(entry, options);
    const backend = backends.find(
      (candidate) => (engines.find(entry, candidate).maxBytes ?? Infinity) > sizeBytes,
    );
    if (started || backend === undefined || (backend === backends[0] && backends.length > 1))
      return;
    started = true;
    // Ignore a failure here: creating the session fails in the same way and reports it.
    engines
      .find(entry, backend)
      .load()
      .then((engine) => engine.prepare(sessionOptions(backend, options)))
      .catch(() => undefined);
  };
}

async function createSession(
  engine: Engine,
  files: EngineFiles,
  options: SessionOptions,
): Promise<EngineSession> {
  await engine.prepare(options);
  return engine.create(files, options);
}

/**
 * Rejects tensors named `__proto__`. Tensors travel in plain objects, by name. Assigning that name
 * creates no property, so Perigee and ONNX Runtime would lose the tensor.
 * @throws PerigeeError UNSUPPORTED_MODEL
 */
function refuseProto(entry: string, { inputs, outputs }: Signature): void {
  const isInput = inputs.some(({ name }) => name === '__proto__');
  if (!isInput && !outputs.some(({ name }) => name === '__proto__')) return;
  throw new PerigeeError(
    'UNSUPPORTED_MODEL',
    `"${entry}" has an ${isInput ? 'input' : 'output'} called "__proto__", which JavaScript ` +
      'runtimes lose. Rename it in the model.',
    { details: { name: '__proto__' } },
  );
}

/**
 * Frees the files' buffers at once, by a transfer. An idle worker collects no garbage, and would
 * hold the model twice.
 */
function giveBack({ files }: EngineFiles): void {
  structuredClone(null, {
    transfer: [...new Set(Object.values(files).map(({ buffer }) => buffer as ArrayBuffer))],
  });
}

/**
 * Compares the model's signature with the manifest's, which the app relies on.
 * @throws PerigeeError INVALID_MANIFEST when they differ
 */
function checkContract({ manifest }: StoredRelease, actual: Signature): void {
  for (const side of ['inputs', 'outputs'] as const) {
    for (const declared of manifest.signature[side]) {
      const found = actual[side].find(({ name }) => name === declared.name);
      if (found && found.dtype === declared.dtype && sameRank(found, declared)) continue;
      const has = actual[side].map((one) => `${one.name} ${typeText(one)}`).join('; ');
      throw new PerigeeError(
        'INVALID_MANIFEST',
        `${manifest.name}@${manifest.version} declares ` +
          `${side.slice(0, -1)} "${declared.name}" as ${typeText(declared)}, but its file has: ` +
          `${has}. Pack the model again.`,
      );
    }
  }
}

function namesIn({ manifest: { signature } }: StoredRelease): readonly string[] {
  return [...signature.inputs, ...signature.outputs].map(({ name }) => name);
}

/** Whether two ranks are compatible. An unknown rank is compatible with every rank. */
function sameRank(a: TensorSignature, b: TensorSignature): boolean {
  return a.rank === 'unknown' || b.rank === 'unknown' || a.shape.length === b.shape.length;
}

function typeText({ dtype, shape, rank }: TensorSignature): string {
  return rank === 'unknown'
    ? `${dtype} of any shape`
    : `${dtype} [${shape.map((size) => size ?? '?').join(', ')}]`;
}

/** Runs the trial. Without samples it runs made-up input if `warmUp` is set, else nothing. */
async function firstRun(
  session: EngineSession,
  candidate: Pick<Trial, 'backend' | 'engine' | 'openMs'>,
  stored: StoredRelease | null,
  { trial, warmUp }: OpenOptions,
): Promise<{ trial: Trial; warmUpMs: number }> {
  const samples = trial === 'golden' ? stored?.golden : trial === 'none' ? null : trial.probes;
  if (!samples) {
    const start = performance.now();
    if (warmUp) await probeSession(session);
    return {
      trial: {
        ...candidate,
        verdict: 'passed',
        ...(trial !== 'none' && { reason: 'the model has no golden samples' }),
      },
      warmUpMs: warmUp ? performance.now() - start : 0,
    };
  }
  const run = (feeds: Tensors): Promise<Tensors> =>
    session.run(checkedSample(feeds, session.signature));
  const hold = (held: GoldenSamples, tolerance: Tolerance): Promise<GoldenResult> =>
    runGolden(held, run, tolerance);
  const golden = stored?.golden ?? null;
  const passed =
    golden && stored ? await hold(golden, toleranceOf(stored, candidate.backend)) : null;
  // Probes do not replace a release's golden samples. They run after them, to measure a call.
  const result =
    passed && (trial === 'golden' || !passed.passed)
      ? passed
      : await hold(samples, PROBE_TOLERANCE);
  return {
    trial: {
      ...candidate,
      verdict: result.passed ? 'passed' : 'wrong-output',
      maxError: result.maxError,
      medianMs: result.medianMs,
      ...(result.failure !== undefined && { reason: result.failure }),
    },
    warmUpMs: result.firstMs,
  };
}

/** Checks a sample as `predict()` checks input: a release that refuses every call fails here. */
function checkedSample(feeds: Tensors, signature: Signature): Tensors {
  try {
    return checkFeeds(feeds, signature);
  } catch (cause) {
    throw new PerigeeError(
      'INVALID_MANIFEST',
      `The golden samples do not fit the model's inputs: ${messageOf(cause)} Pack the model again.`,
      { cause },
    );
  }
}

function toleranceOf({ manifest, variant }: StoredRelease, backend: Backend): Tolerance {
  return manifest.golden
    ? toleranceFor(manifest.golden.tolerance, variant.id, backend)
    : PROBE_TOLERANCE;
}
