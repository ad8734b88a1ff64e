import type { Signature } from '@perigee/registry';
import type { EngineFiles, EngineSession, SessionOptions } from '../engines/engine.ts';
import { loadEngine } from '../engines/load-engine.ts';
import { PerigeeError } from '../error.ts';
import type { LoadTiming, Trial } from '../model-types.ts';
import type { OpenOptions, OpenSource } from '../rpc/protocol.ts';
import type { ModelStore } from '../store/store.ts';
import { loadStored } from '../updater/load-stored.ts';
import type { StoredRelease } from '../updater/load-stored.ts';
import { defaultThreads } from './default-threads.ts';
import { fetchModel } from './fetch-model.ts';
import { runGolden } from './golden.ts';

type OnProgress = ((loadedBytes: number, totalBytes: number) => void) | null;

export interface OpenResult {
  readonly session: EngineSession;
  readonly stored: StoredRelease | null;
  readonly timing: LoadTiming;
  readonly trial: Trial | null;
}

/** Source → session. Reading the model and starting the runtime overlap. */
export async function openSession(source: OpenSource, options: OpenOptions, store: ModelStore | null, onProgress: OnProgress): Promise<OpenResult> {
  const startMs = performance.now();
  const sessionOptions: SessionOptions = { backend: options.backend, threads: options.threads ?? defaultThreads(), wasmUrl: options.wasmUrl };
  const engine = await loadEngine('onnx');
  const runtime = engine.prepare(sessionOptions);
  // Should reading fail first, the runtime's own failure must not become an unhandled rejection.
  runtime.catch(() => undefined);

  const { files, stored } = await readFiles(source, store, onProgress);
  const readMs = performance.now() - startMs;
  await runtime;
  const session = await engine.create(files, sessionOptions);
  try {
    if (stored) checkContract(stored, session.signature);
    const timing = { readMs, createMs: performance.now() - startMs - readMs, totalMs: performance.now() - startMs };
    return { session, stored, timing, trial: options.trial ? await runTrial(stored, session, options) : null };
  } catch (error) {
    await session.dispose();
    throw error;
  }
}

async function readFiles(source: OpenSource, store: ModelStore | null, onProgress: OnProgress): Promise<{ files: EngineFiles; stored: StoredRelease | null }> {
  if (source.kind === 'files') return { files: source, stored: null };
  if (source.kind === 'url') {
    const entry = new URL(source.url).pathname.split('/').pop() || 'model.onnx';
    return { files: { entry, files: { [entry]: await fetchModel(source.url, onProgress) } }, stored: null };
  }
  if (!store) throw new PerigeeError('STORAGE', `No store is attached to read "${source.model}" from.`);
  const stored = await loadStored(store, source.model, source.version, source.variant);
  return { files: stored, stored };
}

/** The manifest's signature is what the app was written against; a file that says otherwise was packed wrongly. */
function checkContract({ manifest }: StoredRelease, actual: Signature): void {
  for (const side of ['inputs', 'outputs'] as const) {
    for (const declared of manifest.signature[side]) {
      const found = actual[side].find(({ name }) => name === declared.name);
      if (found && found.dtype === declared.dtype && found.shape.length === declared.shape.length) continue;
      const has = actual[side].map(({ name, dtype, shape }) => `${name} ${dtype} [${shape.join(', ')}]`).join('; ');
      throw new PerigeeError('INVALID_MANIFEST', `${manifest.name}@${manifest.version} declares ${side.slice(0, -1)} "${declared.name}" as ${declared.dtype} [${declared.shape.join(', ')}], but its file has: ${has}. Pack the model again.`);
    }
  }
}

async function runTrial(stored: StoredRelease | null, session: EngineSession, { backend }: OpenOptions): Promise<Trial> {
  if (!stored?.golden) return { backend, verdict: 'passed', reason: 'the model has no golden samples' };
  const tolerances = stored.manifest.golden?.tolerance;
  const result = await runGolden(stored.golden, (feeds) => session.run(feeds), tolerances?.[backend] ?? tolerances?.default ?? { atol: 1e-4, rtol: 1e-3 });
  return {
    backend,
    verdict: result.passed ? 'passed' : 'wrong-output',
    maxError: result.maxError,
    medianMs: result.medianMs,
    ...(result.failure !== undefined && { reason: result.failure }),
  };
}
