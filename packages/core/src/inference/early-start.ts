import type { Signature } from '@perigee/registry';
import type { Backend } from '../config.ts';
import type { SessionOptions } from '../engines/engine.ts';
import { startBackends } from '../engines/formats.ts';
import type { Engines } from '../engines/load-engine.ts';
import type { OpenOptions } from '../rpc/inference-api.ts';
import type { StoredRelease } from '../store/load-stored.ts';
import { defaultThreads } from './default-threads.ts';

/** The backends to try for a file, in order. */
export function inOrder(entry: string, { backends, auto }: OpenOptions): readonly Backend[] {
  return auto ? startBackends(entry, backends) : backends;
}

/** @param stored the release to open, once it is known; null for a bare file */
export function sessionOptions(
  backend: Backend,
  { threads, files, compiled, wasmUrl }: OpenOptions,
  stored: StoredRelease | null = null,
): SessionOptions {
  return {
    backend,
    threads: threads ?? defaultThreads(),
    files,
    compiled,
    wasmUrl,
    optimized: stored?.variant.optimized ?? false,
    ...(stored && { names: namesIn(stored.manifest.signature) }),
  };
}

function namesIn({ inputs, outputs }: Signature): readonly string[] {
  return [...inputs, ...outputs].map(({ name }) => name);
}

/**
 * Starts a runtime while the model is still being read, as soon as the backend is certain. It is
 * certain when there is only one, or when the model is too large for all backends before it.
 * @param step `code` only fetches and compiles the runtime: its start takes the thread for 0.2 s in
 *   Chromium, which would hold up a read from the store
 */
export function earlyStart(
  engines: Engines,
  options: OpenOptions,
  step: 'code' | 'runtime' = 'runtime',
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
      .then((engine) => {
        const settings = sessionOptions(backend, options);
        const { fetchCode = engine.prepare } = engine;
        return step === 'code' ? fetchCode(settings) : engine.prepare(settings);
      })
      .catch(() => undefined);
  };
}
