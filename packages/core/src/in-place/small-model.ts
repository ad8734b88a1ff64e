import { settledName } from '../inference/settle-format.ts';
import { checkWasmUrl } from '../inference/start-runtime.ts';
import { unpack, unpackedName } from '../inference/unpack.ts';
import type { OpenWorker } from '../main/backends/open-worker.ts';
import { asPerigeeError, packError } from '../rpc/error-wire.ts';
import { openLimited } from './open-limited.ts';
import type { OpenedHere } from './open-limited.ts';
import { MAX_BYTES, readSmall } from './read-small.ts';
import type { SmallFile } from './read-small.ts';
import { runHere } from './run-here.ts';
import type { Declined, ToOpenHere } from './to-open.ts';

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
  if (here) return runHere(toOpen, here, { file: read });
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
  toOpen: ToOpenHere,
  { path, bytes, format }: SmallFile,
  startMs: number,
): Promise<OpenedHere | null> {
  // A gzip file may unpack to a thousand times its size, for which this thread has no time.
  const unpacked = await unpack(path, bytes, MAX_BYTES);
  const entry = settledName(unpackedName(path), unpacked, format);
  if (!/\.onnx$/i.test(entry)) return null;
  return openLimited(toOpen, { entry, files: { [entry]: unpacked } }, startMs);
}
