import type { Backend, EngineName } from '../config.ts';
import type { EngineFiles, EngineSession } from '../engines/engine.ts';
import { formatByName, furtherBackends } from '../engines/formats.ts';
import { closeFiles, giveBack } from '../engines/give-back.ts';
import type { Engines } from '../engines/load-engine.ts';
import { codeOf, isBackendFault, messageOf, PerigeeError } from '../error.ts';
import type { LoadTiming, Trial } from '../model-types.ts';
import type { OpenOptions, OpenSource } from '../rpc/inference-api.ts';
import type { Elsewhere } from '../rpc/protocol.ts';
import type { CompiledWasm } from '../runtime/runtime.ts';
import type { StoredRelease } from '../store/load-stored.ts';
import type { Files } from '../updater/assembly.ts';
import { checkContract, refuseProto } from './check-signature.ts';
import { earlyStart, inOrder, sessionOptions } from './early-start.ts';
import { firstRun } from './first-run.ts';
import type { Candidate, FirstRun } from './first-run.ts';
import { readModel } from './read-model.ts';
import type { ToRead } from './read-model.ts';

export interface OpenResult {
  readonly session: EngineSession;
  readonly entry: string;
  readonly fileBytes: number;
  readonly backend: Backend;
  readonly next: readonly Backend[];
  readonly faster: readonly Backend[];
  readonly engine: EngineName;
  readonly stored: StoredRelease | null;
  readonly timing: LoadTiming;
  readonly trials: readonly Trial[];
  readonly compiled: CompiledWasm;
  /** Times a golden sample; null when the trial timed it, or there was none. */
  readonly timeSample: FirstRun['timeSample'];
}

/** A model to open. */
export interface ToOpen extends ToRead {
  readonly options: OpenOptions;
}

/** A model that was read and is being opened on one backend after the other. */
interface Opening {
  readonly engines: Engines;
  readonly options: OpenOptions;
  readonly files: EngineFiles;
  readonly stored: StoredRelease | null;
  readonly fileBytes: number;
  readonly startMs: number;
  readonly readMs: number;
  /** Trials so far; a backend that was refused adds one. */
  readonly trials: Trial[];
}

/**
 * Opens the source on the first backend that can run the model and, in a trial, gives correct
 * outputs. The runtime starts while the model is being read.
 * @throws PerigeeError the last backend's error when no backend can
 */
export async function openSession(
  engines: Engines,
  toOpen: ToOpen,
): Promise<OpenResult | Elsewhere> {
  const { source, options } = toOpen;
  const startMs = performance.now();
  const mayStay = (entry: string): boolean => readsParts(engines, entry, options);
  const { files, stored } = await readModel(
    engines,
    { mayStay, ...toOpen },
    earlyStart(engines, options),
  );
  if (!stored && !engines.opens(files.entry)) return elsewhere(source, files);
  const readMs = performance.now() - startMs;
  // Engines may give the bytes back.
  const fileBytes = bytesOf(files);
  const read = { engines, options, files, fileBytes, stored };
  const opening: Opening = { ...read, startMs, readMs, trials: [] };
  const backends = inOrder(files.entry, options).filter((backend) => mayRun(stored, backend));
  try {
    for (const [index, backend] of backends.entries()) {
      const result = await tryBackend(opening, backend, index === backends.length - 1);
      if (result) return result;
    }
  } finally {
    closeFiles(files);
  }
  throw noBackend(opening);
}

/**
 * Whether every engine that may get the file reads it in parts. Large files are not for an engine
 * with `maxBytes`, unless it is the only one.
 */
export function readsParts(engines: Engines, entry: string, options: OpenOptions): boolean {
  const backends = inOrder(entry, options);
  return backends.every((backend) => {
    const engine = engines.find(entry, backend);
    const isForSmall = engine.maxBytes !== undefined && backends.length > 1;
    return isForSmall || (engine.readsParts?.includes(backend) ?? false);
  });
}

/**
 * Opens the model on one backend. Null if the next backend is to be tried.
 * @throws PerigeeError when this backend is the last, or no other backend can do better
 */
async function tryBackend(
  opening: Opening,
  backend: Backend,
  isLast: boolean,
): Promise<OpenResult | null> {
  const { engines, options, files, stored, trials } = opening;
  const { name, load } = engines.find(files.entry, backend);
  const openStartMs = performance.now();
  let session: EngineSession | undefined;
  try {
    const engine = await load();
    const unsuitable = isLast ? null : (engine.unsuitable?.(files) ?? null);
    if (unsuitable !== null) {
      trials.push({ backend, engine: name, verdict: 'skipped', reason: unsuitable });
      return null;
    }
    const settings = sessionOptions(backend, options, stored);
    await engine.prepare(settings);
    session = await engine.create(files, settings);
    refuseProto(files.entry, session.signature);
    // Digests are checked while the session is being created; wait for the result.
    await stored?.verified;
    if (stored) checkContract(stored, session.signature);
    const openMs = performance.now() - openStartMs;
    const candidate = { backend, engine: name, openMs };
    const compiled = engine.compiled?.() ?? {};
    const run = await firstRun(session, candidate, stored, options);
    trials.push(run.trial);
    if (run.trial.verdict === 'wrong-output' && !isLast) {
      await session.dispose();
      return null;
    }
    if (engine.copiesFiles) giveBack(files);
    return { ...resultOf(opening, session, candidate, run), compiled };
  } catch (error) {
    await session?.dispose();
    // The file may be damaged. If so, throw the integrity error instead.
    await stored?.verified;
    // An engine for part of the format cannot tell damage from a feature it lacks.
    const isPartial = engines.reader(files.entry)?.name !== name;
    if (isLast || !(isPartial || mayOpenElsewhere(error))) throw error;
    const verdict = codeOf(error) === 'BACKEND_UNAVAILABLE' ? 'skipped' : 'failed';
    trials.push({ backend, engine: name, verdict, reason: messageOf(error) });
    return null;
  }
}

function bytesOf({ files, onDisk = {} }: EngineFiles): number {
  const inMemory = Object.values(files).reduce((sum, { byteLength }) => sum + byteLength, 0);
  return Object.values(onDisk).reduce((sum, { sizeBytes }) => sum + sizeBytes, inMemory);
}

function resultOf(
  { files, fileBytes, options, stored, startMs, readMs, trials }: Opening,
  session: EngineSession,
  { backend, engine, openMs }: Candidate,
  { warmUpMs, timeSample }: Pick<FirstRun, 'warmUpMs' | 'timeSample'>,
): Omit<OpenResult, 'compiled'> {
  return {
    session,
    entry: files.entry,
    fileBytes,
    backend,
    ...furtherBackends(files.entry, backend, options.available),
    engine,
    stored,
    timing: { readMs, createMs: openMs, warmUpMs, totalMs: performance.now() - startMs },
    trials:
      options.trial === 'none' ? trials.filter(({ verdict }) => verdict !== 'passed') : trials,
    timeSample,
  };
}

/** The error when no backend is left to try. */
function noBackend({ engines, files: { entry }, options, stored }: Opening): PerigeeError {
  // `find` throws if no engine opens the file, or none has the backend.
  engines.find(entry, options.backends[0] ?? 'wasm');
  const only = stored?.variant.requires?.backends;
  return new PerigeeError(
    'BACKEND_UNAVAILABLE',
    `There is no backend to open "${entry}" ` +
      `on${only ? `: the variant "${stored.variant.id}" runs on ${only.join(', ')} only` : ''}; ` +
      `tried: ${options.backends.join(', ')}.`,
    { details: { entry } },
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
  return isBackendFault(error) || codeOf(error) === 'UNSUPPORTED_MODEL';
}

/** Whether the manifest allows the backend. A variant may use operators that some backends lack. */
function mayRun(stored: StoredRelease | null, backend: Backend): boolean {
  return stored?.variant.requires?.backends?.includes(backend) ?? true;
}
