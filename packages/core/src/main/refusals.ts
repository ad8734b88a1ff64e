import type { PerigeeError } from '../error.ts';
import type { Trial } from '../model-types.ts';

/**
 * Texts of errors that few pages meet. This file imports no code, so that bundlers create no shared
 * chunk.
 */

const TAKEN =
  'predict() takes an image (canvas, ImageData, bitmap, Blob), a record of named values, an ' +
  'array, a typed array or a number';

/** Returns why an input could not be copied or drawn, as the text of an error. */
export function whyRefused(input: unknown, cause: unknown): string {
  if (typeof input !== 'object' || input === null)
    return `${TAKEN}; got ${input === null ? 'null' : typeof input}.`;
  return (
    drawableFault(input) ??
    arrayFault(input, 'The input', 0) ??
    `The input could not be read: ${cause instanceof Error ? cause.message : String(cause)}`
  );
}

/** Returns why an image cannot be drawn; null for other objects. */
function drawableFault(input: object): string | null {
  const { width, height } = input as { width: unknown; height: unknown };
  const name = (Object.prototype.toString.call(input) as string).slice(8, -1);
  switch (name) {
    case 'HTMLImageElement':
      return (input as HTMLImageElement).complete
        ? 'The <img> has no image: it has no source, or could not be loaded. Look at its src.'
        : 'The <img> has not loaded yet. Await img.decode() first.';
    case 'HTMLVideoElement':
      return (input as HTMLVideoElement).readyState < 2
        ? 'The <video> has no frame yet. Wait for its "loadeddata" event first.'
        : 'The frame of the <video> cannot be read.';
    case 'HTMLCanvasElement':
    case 'OffscreenCanvas':
      return width === 0 || height === 0
        ? `The canvas is empty: ${String(width)} × ${String(height)}. Set its width and ` +
            'height, and draw on it.'
        : 'The canvas cannot be read: nothing was drawn on it yet, or its control was given to ' +
            'a worker.';
    case 'ImageBitmap':
      return 'The ImageBitmap was closed, or moved to a worker. Pass it before that.';
    case 'VideoFrame':
      return 'The VideoFrame was closed, or moved to a worker. Pass it before that.';
    default:
      return null;
  }
}

/** Finds an array whose buffer is detached and describes it; null when there is none. */
function arrayFault(value: unknown, what: string, depth: number): string | null {
  if (typeof value !== 'object' || value === null || depth > 6) return null;
  if (ArrayBuffer.isView(value))
    return isGone(value)
      ? `${what} is a ${value.constructor.name} whose memory is gone: it was moved to a worker ` +
          'or cut off. Pass a copy, or call without transfer.'
      : null;
  for (const [key, inner] of Object.entries(value)) {
    const fault = arrayFault(inner, depth === 0 ? `The input "${key}"` : what, depth + 1);
    if (fault !== null) return fault;
  }
  return null;
}

function isGone(array: ArrayBufferView): boolean {
  try {
    (array as Uint8Array).slice(0, 0);
    return false;
  } catch {
    return true;
  }
}

/** Returns why loadModel() cannot read its source. */
export function isNoSource(source: unknown): string {
  if (typeof source === 'string')
    return (
      `"${source.slice(0, 200)}" is not a URL. Write its host and port as in ` +
      '"https://host:8080/model.onnx", and a path as "./model.onnx".'
    );
  const files: unknown[] =
    source instanceof Map ? [...source.values()] : Array.isArray(source) ? source : [source];
  const wrong = files.find(
    (file) => !(file instanceof Blob || file instanceof ArrayBuffer || file instanceof Uint8Array),
  );
  const isWrong = files.includes(wrong);
  if (!isWrong)
    return (
      'The memory of the bytes given to loadModel() is gone: it was moved to a worker or cut ' +
      'off. Pass a copy.'
    );
  return (
    'loadModel() takes a URL, a model reference, bytes, a File, a list of Files or a Map of ' +
    `files; got ${wrong === null ? 'null' : typeof wrong}.`
  );
}

/** @throws PerigeeError QUEUE_FULL: as many calls wait as may */
export function queueFull(Fault: typeof PerigeeError, name: string, maxQueue: number): never {
  throw new Fault(
    'QUEUE_FULL',
    `${maxQueue} calls of "${name}" wait already (maxQueue = ${maxQueue}). Wait for some to be ` +
      'answered, or load with more workers.',
    { details: { pending: maxQueue, maxQueue } },
  );
}

export function wrongOutputs(trials: readonly Trial[]): string {
  const seen = trials
    .map((trial) => `${trial.backend}: ${trial.reason ?? `largest error ${trial.maxError}`}`)
    .join('; ');
  return (
    `The model does not reproduce its golden samples on this device (${seen}). It was not ` +
    'activated.'
  );
}

/**
 * Fetches the code that methods import with their first call. If a page loses its network after a
 * load, the import would fail, and browsers remember a failed import until the page is left.
 */
export async function fetchAhead(): Promise<void> {
  await Promise.allSettled([
    import('./tools.ts'),
    import('./versions/versions.ts'),
    import('./calls/predict-several.ts'),
    import('./calls/replace-failed.ts'),
  ]);
}
