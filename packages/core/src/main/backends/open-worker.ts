import * as Comlink from 'comlink';
import type {
  Backend,
  LoadOptions,
  ModelFormat,
  PerigeeConfig,
  RequestOptions,
  TelemetryConfig,
} from '../../config.ts';
import { PerigeeError } from '../../error.ts';
import type { BufferPool } from '../../rpc/buffer-pool.ts';
import type { Declined } from '../../in-place/to-open.ts';
import { connect } from '../../rpc/connect.ts';
import type { Connection } from '../../rpc/connect.ts';
import type { StoreLocation, WireRequest } from '../../rpc/protocol.ts';
import { unpackError } from '../../rpc/error-handler.ts';
import type {
  InferenceApi,
  OpenOptions,
  OpenSource,
  Opened,
  TrialKind,
} from '../../rpc/inference-api.ts';
import type { UpdaterApi } from '../../rpc/updater-api.ts';
import type { Files } from '../../updater/assembly.ts';
import type { Runtime, WorkerKind } from '../../runtime/runtime.ts';

/**
 * Wasm that a worker of this page compiled. Further workers start with it. A reload is faster, too:
 * a browser keeps code as long as a page has the module, also for the page that follows.
 */
export const compiled: Record<string, WebAssembly.Module> = {};

/** Settings of a session that are the same for every model and backend. */
export interface SessionSettings {
  readonly threads: number | null;
  readonly assetsUrl: string | null;
  readonly wasmUrl: string | null;
  readonly maxBatch: number | null;
  readonly warmUp: boolean;
}

/** Everything needed to open the same model in another worker, except the backend. */
export interface OpenRecipe extends SessionSettings {
  readonly source: OpenSource;
  /** Size of a stored model's files; undefined for bare files. */
  readonly fileBytes?: number;
  /** HTTP options, for files by URL. */
  readonly request?: RequestOptions | undefined;
  /** Null for bare files, which need no store and are not counted. */
  readonly store: StoreLocation | null;
  readonly observe: TelemetryConfig | false | null;
  /** The updater, through which a store in memory is reached. */
  readonly updater: Connection<UpdaterApi> | null;
  /** Buffers for copies of large inputs; the pool outlives the workers. */
  readonly buffers: BufferPool;
  /** Whether the model runs in this thread if it is small. Later false: its runs take long. */
  inPlace?: boolean;
}

export interface OpenWorker {
  readonly connection: Connection<InferenceApi>;
  readonly opened: Opened;
}

/** A worker that was started before the model to open was known exactly. */
export interface EarlyWorker {
  readonly kind: WorkerKind;
  readonly connection: Connection<InferenceApi>;
}

/** Does the work when there is memory for one more worker, or the signal is aborted. */
export type InRoom = <T>(signal: AbortSignal | undefined, work: () => Promise<T>) => Promise<T>;

/** Options of one opening. */
export interface OpenWorkerOptions {
  readonly early?: EarlyWorker | undefined;
  /** Just-verified bytes of a stored model; they are transferred to the worker. */
  readonly files?: Files | null;
  /** Whether to order the backends by what suits this kind of file. */
  readonly auto?: boolean;
  readonly trial?: TrialKind;
  /** Starts a worker for a file when there is memory for it; default: at once. */
  readonly inRoom?: InRoom | undefined;
  readonly onBytes?: ((loadedBytes: number, totalBytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens the model on the first of the backends that can run it: in a new inference worker, or in
 * this thread if it is small. On failure or abort the worker is ended.
 * @throws the signal's reason when aborted; PerigeeError when the model cannot be opened
 */
export async function openWorker(
  runtime: Runtime,
  recipe: OpenRecipe,
  backends: readonly Backend[],
  options: OpenWorkerOptions = {},
): Promise<OpenWorker> {
  const { inRoom, signal } = options;
  signal?.throwIfAborted();
  const kind = workerFor(recipe.source);
  const read: OpenWorker | Declined =
    recipe.inPlace && !options.files && backends[0] === 'cpu' && kind !== 'tfjs'
      ? await openSmall(runtime, recipe, options)
      : options;
  if ('connection' in read) return read;
  const open = (): Promise<OpenWorker> =>
    openInWorker(runtime, recipe, backends, { ...options, ...read });
  return inRoom ? inRoom(signal, open) : open();
}

async function openInWorker(
  runtime: Runtime,
  recipe: OpenRecipe,
  backends: readonly Backend[],
  {
    auto = false,
    trial = 'none',
    files = null,
    request = recipe.request,
    early,
    onBytes,
    signal,
  }: OpenWorkerOptions & Declined,
): Promise<OpenWorker> {
  signal?.throwIfAborted();
  const kind = workerFor(recipe.source);
  const connection =
    early?.kind === kind && !early.connection.ended
      ? early.connection
      : startWorker(runtime, recipe, kind);
  const onAbort = (): void => connection.end(new PerigeeError('ABORTED', 'The load was aborted.'));
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await attachStore(connection, recipe);
    const opened = await connection.call(
      'open',
      recipe.source,
      { ...openOptions(runtime, recipe, { backends, auto, trial }), compiled },
      onBytes ? Comlink.proxy(onBytes) : null,
      files &&
        Comlink.transfer(
          files,
          Object.values(files).map((bytes) => bytes.buffer),
        ),
      await requestToWire(request, signal),
    );
    if ('format' in opened) {
      // The content has another format than the name suggested. Remember it for later workers.
      (recipe.source as { format?: ModelFormat }).format = opened.format;
      connection.end(new PerigeeError('DISPOSED', 'Another worker opens it.'));
      return await openWorker(runtime, recipe, backends, {
        auto,
        trial,
        files: opened.files,
        onBytes,
        signal,
      });
    }
    Object.assign(compiled, opened.compiled);
    return { connection, opened };
  } catch (error) {
    connection.end(new PerigeeError('DISPOSED', 'The load failed.'));
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/**
 * Opens the model in this thread, or resolves to what was read of a larger one. The file is
 * requested while the code is.
 */
function openSmall(
  runtime: Runtime,
  recipe: OpenRecipe,
  options: OpenWorkerOptions,
): Promise<OpenWorker | Declined> {
  const { url } = recipe.source as { url?: string };
  const answer =
    !recipe.request && url?.startsWith('http')
      ? globalThis.fetch?.(url, { signal: options.signal as AbortSignal })
      : undefined;
  answer?.catch(() => undefined);
  const lent = { PerigeeError, openWorker, requestToWire, unpackError };
  return import('#small-model').then(
    (small) => small.openSmall({ ...options, lent, runtime, recipe, answer }),
    () => ({}),
  );
}

export function startWorker(
  runtime: Runtime,
  { assetsUrl, buffers }: Pick<OpenRecipe, 'assetsUrl' | 'buffers'>,
  kind: WorkerKind,
): Connection<InferenceApi> {
  return connect<InferenceApi>(runtime.spawn(kind, assetsUrl), buffers.giveBack);
}

export function settingsOf(
  { threads, maxBatch, warmUp }: LoadOptions,
  { assetsUrl, wasmUrl }: Pick<PerigeeConfig, 'assetsUrl' | 'wasmUrl'>,
): SessionSettings {
  return {
    threads: threads ?? null,
    maxBatch: maxBatch ?? null,
    warmUp: warmUp ?? false,
    assetsUrl: assetsUrl ?? null,
    wasmUrl: wasmUrl ?? null,
  };
}

/** The settings and the runtime's backends as an inference worker takes them. */
export function openOptions(
  { startBackends, files }: Runtime,
  { threads, assetsUrl, wasmUrl, maxBatch, warmUp }: SessionSettings,
  choice: Pick<OpenOptions, 'backends' | 'auto' | 'trial'>,
): OpenOptions {
  return {
    ...choice,
    available: startBackends,
    files: files(assetsUrl, wasmUrl),
    threads,
    wasmUrl,
    maxBatch,
    warmUp,
  };
}

/**
 * Chooses the kind of worker. The manifest tells the format of a stored model. For other sources it
 * is the known format, or the extension of the URL or file name.
 */
function workerFor(source: OpenSource): WorkerKind {
  const known = source.kind === 'stored' ? source.engine : source.format;
  if (known) return known === 'tfjs' ? known : 'inference';
  const paths =
    'files' in source
      ? Object.keys(source.files)
      : ['url' in source ? source.url.replace(/[?#].*/s, '') : ''];
  const has = (ending: RegExp): boolean => paths.some((path) => ending.test(path));
  return has(/\.json$/i) && !has(/\.(onnx|ort)$/i) ? 'tfjs' : 'inference';
}

/** Request options, ready to be sent to a worker. */
export async function requestToWire(
  request: RequestOptions | undefined,
  signal?: AbortSignal,
): Promise<WireRequest | null> {
  return request
    ? Comlink.transfer(
        ...(await import('../../request/wire-request.ts')).wireRequest(request, signal),
      )
    : null;
}

async function attachStore(
  connection: Connection<InferenceApi>,
  { store, updater, observe }: OpenRecipe,
): Promise<void> {
  if (!store) return;
  const attach = (port: MessagePort | null): Promise<void> =>
    connection.call('attach', store, port, observe);
  if (store.kind !== 'memory' || !updater) return attach(null);
  return (await import('../lend-store.ts')).lendStore(
    connection,
    updater,
    { transfer: Comlink.transfer, PerigeeError },
    attach,
  );
}
