import { PerigeeError } from './error.ts';
import type { PredictInput } from './model-types.ts';
import type { WireInput } from './rpc/protocol.ts';

interface Sendable {
  readonly wire: WireInput;
  readonly transferables: Transferable[];
}

/**
 * Anything `predict()` takes as plain data that can cross to the worker. Nothing is computed here; images are handed over as bitmaps.
 * A caller's typed array is copied by the message itself, or moved when it said `transfer`.
 * @throws PerigeeError INVALID_INPUT
 */
export async function toWireInput(input: PredictInput, transfer: boolean): Promise<Sendable> {
  if (isDrawable(input)) {
    // A bitmap of its own, so that the caller's canvas or bitmap stays usable.
    const bitmap = await createImageBitmap(input);
    return { wire: { kind: 'image', image: { kind: 'bitmap', bitmap } }, transferables: [bitmap] };
  }
  if (input instanceof Blob) return { wire: { kind: 'image', image: { kind: 'encoded', blob: input } }, transferables: [] };
  if (ArrayBuffer.isView(input)) return { wire: { kind: 'array', data: input }, transferables: moved([input], transfer) };
  if (Array.isArray(input)) return { wire: { kind: 'list', values: input }, transferables: [] };
  if (typeof input === 'object' && input !== null) {
    const fields = input as Readonly<Record<string, unknown>>;
    const { width, height, data } = fields;
    if (typeof width === 'number' && typeof height === 'number' && (data instanceof Uint8ClampedArray || data instanceof Uint8Array)) {
      return { wire: { kind: 'image', image: { kind: 'pixels', width, height, data } }, transferables: moved([data], transfer) };
    }
    return { wire: { kind: 'record', values: { ...fields } }, transferables: moved(Object.values(fields), transfer) };
  }
  throw new PerigeeError('INVALID_INPUT', `predict() takes an image (canvas, ImageData, bitmap, Blob), a record of named values, an array or a typed array; got ${input === null ? 'null' : typeof input}.`);
}

const DRAWABLES = ['HTMLCanvasElement', 'OffscreenCanvas', 'ImageBitmap', 'HTMLImageElement', 'HTMLVideoElement'];

function isDrawable(input: unknown): input is ImageBitmapSource {
  return DRAWABLES.some((name) => is(name, input));
}

/** Whether this is an instance of a platform class that may not exist here. */
function is(name: string, value: unknown): boolean {
  const platform = (globalThis as Record<string, unknown>)[name];
  return typeof platform === 'function' && value instanceof platform;
}

function moved(values: readonly unknown[], transfer: boolean): Transferable[] {
  if (!transfer) return [];
  const buffers = values.flatMap((value) => {
    const view = ArrayBuffer.isView(value) ? value : (value as { data?: unknown } | null)?.data;
    return ArrayBuffer.isView(view) && view.buffer instanceof ArrayBuffer ? [view.buffer] : [];
  });
  return [...new Set(buffers)];
}
