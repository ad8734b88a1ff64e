import { runtime } from '#runtime';
import { openOnBackend } from './backends/choose-backend.ts';
import type { BackendRequest } from './backends/choose-backend.ts';
import { settingsOf } from './backends/open-worker.ts';
import { LOAD_MODEL, checkOptions } from './loading/check-options.ts';
import type { LoadOptions, ModelFormat, PerigeeConfig } from '../config.ts';
import { createPerigee } from './create-perigee.ts';
import { PerigeeError } from '../error.ts';
import { FILES, makeRoom, openInRoom, rooms } from './make-room.ts';
import type { Opening } from './memory-budget.ts';
import { createModel } from './model.ts';
import type { ModelHandle } from './model.ts';
import { classifySource } from './loading/model-source.ts';
import type { ModelSource } from './loading/model-source.ts';
import { createProgress } from './loading/progress.ts';
import { createBufferPool } from '../rpc/buffer-pool.ts';
import type { KnownSource, ModelFrom } from '../typed-models.ts';

/** Options of `loadModel()`. */
export interface LoadModelOptions
  extends
    LoadOptions,
    Pick<PerigeeConfig, 'registry' | 'trustedRoot' | 'request' | 'assetsUrl' | 'wasmUrl'> {
  /**
   * The format of the file, for files that neither content nor name identifies. With `format`, a
   * text source is always a file's address.
   */
  readonly format?: ModelFormat;
}

/**
 * Loads a model from a URL, bytes, a File, several Files, a Map of files, or by name from a
 * `registry`. The model runs in its own worker, or in this thread if it is a file whose runs take
 * microseconds. Use `createPerigee()` when several models loaded by name should share one store.
 *
 * Without a `backend`, a file runs on the lightest safe backend. If a call on plain JavaScript
 * takes longer than a frame (16 ms), the faster backends are tried. With `auto` they are tried in
 * the background after the first answer.
 *
 * @example
 * const model = await loadModel('/models/squeezenet.onnx');
 * const { output } = await model.predict({ data: new Float32Array(3 * 224 * 224) });
 * @throws PerigeeError MODEL_NOT_FOUND, WRONG_CONTENT, NETWORK, UNSUPPORTED_OPERATOR,
 *   BACKEND_UNAVAILABLE and others, which `docs/errors.md` lists; the signal's reason when aborted
 */
export async function loadModel<
  const Source extends KnownSource,
  Registry extends PerigeeConfig['registry'] = undefined,
>(
  source: Source,
  options?: LoadModelOptions & { readonly registry?: Registry },
): Promise<ModelFrom<Source, Registry>>;
// TypeScript cannot relate Model to the type that the signature above chooses by the source.
export async function loadModel(
  source: ModelSource,
  options: LoadModelOptions = {},
): Promise<unknown> {
  checkOptions('loadModel()', options, LOAD_MODEL);
  options.signal?.throwIfAborted();
  let classified;
  try {
    classified = classifySource(source, runtime.resolveUrl, options.format);
  } catch (cause) {
    throw new PerigeeError('INVALID_INPUT', (await import('./refusals.ts')).isNoSource(source), {
      cause,
    });
  }
  if (classified.kind === 'reference') {
    const { loadByName } = await import('./loading/by-name.ts');
    return loadByName(classified.ref, options, { createPerigee, PerigeeError });
  }

  const progress = await createProgress(options.onProgress);
  progress.phase('download');
  const { signal, onProgress } = options;
  const opening: Opening = { fileBytes: 0, signal, source: classified };
  let model: ModelHandle | undefined;
  const request: BackendRequest = {
    runtime,
    recipe: {
      ...settingsOf(options, options),
      source: classified,
      store: null,
      observe: null,
      updater: null,
      request: options.request ?? runtime.requestFor?.(classified),
      buffers: createBufferPool(),
      inPlace: (options.workers ?? 1) < 2,
    },
    wanted: options.backend ?? 'auto',
    memory: null,
  };
  const worker = await openOnBackend(request, false, {
    signal,
    async inRoom(until, open) {
      const opened = await openInRoom(FILES, Object.assign(opening, { signal: until }), open);
      // A model that ran in this thread has moved.
      if (model) countFile(model, request, opening);
      return opened;
    },
    onBytes:
      onProgress || rooms.size > 1
        ? (loaded, total) => {
            opening.fileBytes = total;
            FILES.budget?.fit();
            progress.bytes(loaded, total);
          }
        : undefined,
  });
  progress.phase('ready');
  const name =
    classified.kind === 'url' && !classified.url.startsWith('data:')
      ? classified.url
      : worker.opened.entry;
  const version = { version: '0.0.0', variant: 'file', worker, request };
  const looksForFaster = options.backend === 'auto';
  model = createModel(name, version, { options, looksForFaster, origin: null });
  if (FILES.openings.has(opening)) countFile(model, request, opening);
  return model;
}

/** Counts a model that has a worker in the memory budgets. */
function countFile(model: ModelHandle, { recipe }: BackendRequest, opening: Opening): void {
  FILES.models.set(model, recipe);
  makeRoom(FILES, opening);
}
