import { PerigeeError } from '../../error.ts';
import type { PredictInput } from '../../input-types.ts';
import { LARGE_BYTES } from '../../rpc/buffer-pool.ts';
import type { BufferPool } from '../../rpc/buffer-pool.ts';
import type { WireCall, WireInput } from '../../rpc/protocol.ts';
import type { Tensors } from '../../tensor.ts';
import { classOf } from '../../typed-array.ts';
import type { TypedArray } from '../../typed-array.ts';

/** A call's input, ready to be sent. */
export interface Encoded {
  readonly input: WireCall['input'];
  readonly transfer: readonly Transferable[];
  readonly lent: boolean;
}

/**
 * A snapshot of a call's input. Later changes to the caller's arrays do not affect it, and it can
 * be sent twice.
 */
export interface Snapshot {
  /**
   * Returns null when transferred data would be sent a second time: a bitmap, or the arrays of a
   * caller who passed `transfer`.
   */
  encode(): Encoded | null;
  /** Called when the call is over; returns buffers to the pool. */
  release(): void;
}

/**
 * Turns any input of `predict()` into plain data for the worker. Nothing is computed here. Only an
 * input that must be drawn first, or is refused, makes the result a promise.
 * @throws PerigeeError INVALID_INPUT, as a rejected promise
 */
export function snapshotInput(
  input: PredictInput,
  transfer: boolean,
  pool: BufferPool,
): Snapshot | Promise<Snapshot> {
  try {
    // Draw a separate bitmap, so that the caller's canvas or bitmap stays usable.
    if (isDrawable(input)) {
      return createImageBitmap(input).then(
        (bitmap) => handedOver({ kind: 'image', image: { kind: 'bitmap', bitmap } }, [bitmap]),
        (cause: unknown) => refuse(input, cause),
      );
    }
    return snapshot(
      input instanceof Blob
        ? { kind: 'image', image: { kind: 'encoded', blob: input } }
        : plainInput(input),
      transfer,
      pool,
    );
  } catch (cause) {
    return refuse(input, cause);
  }
}

export function snapshotFeeds(
  feeds: Tensors,
  outputs: readonly string[] | undefined,
  transfer: boolean,
  pool: BufferPool,
): Snapshot | Promise<Snapshot> {
  try {
    return snapshot({ kind: 'feeds', feeds, outputs: outputs ?? null }, transfer, pool);
  } catch (cause) {
    return refuse(feeds, cause);
  }
}

/**
 * Rejects with the reason why an input cannot be copied. Few pages need the text, so it is
 * imported.
 */
async function refuse(input: unknown, cause: unknown): Promise<never> {
  throw new PerigeeError(
    'INVALID_INPUT',
    (await import('../refusals.ts')).whyRefused(input, cause),
    { cause },
  );
}

function snapshot(wire: WireCall['input'], transfer: boolean, pool: BufferPool): Snapshot {
  return transfer ? handedOver(wire, buffersOf(wire)) : repeatable(wire, pool);
}

function plainInput(input: unknown): WireInput {
  if (ArrayBuffer.isView(input)) return { kind: 'array', data: input };
  if (Array.isArray(input)) return { kind: 'list', values: input };
  if (/num|big|bool/.test(typeof input)) return { kind: 'list', values: [input] };
  // Throws for null and undefined.
  const { width, height, data } = input as Record<string, unknown>;
  if (
    typeof width === 'number' &&
    typeof height === 'number' &&
    classOf(data)?.startsWith('Uint8')
  ) {
    // A model may have inputs of these names, so the other fields of a plain object are sent too.
    // Fields of a class instance, such as a decoder's image, are not.
    const isPlain = (input as object).constructor === Object;
    return {
      kind: 'image',
      image: {
        kind: 'pixels',
        width,
        height,
        data: data as Uint8Array,
        more: isPlain && { ...(input as object), data: null },
      },
    };
  }
  if (typeof input !== 'object') throw input;
  return { kind: 'record', values: input as Readonly<Record<string, unknown>> };
}

function handedOver(input: WireCall['input'], transfer: readonly Transferable[]): Snapshot {
  let once: Encoded | null = { input, transfer, lent: false };
  return {
    encode() {
      const encoded = once;
      once = null;
      return encoded;
    },
    release: () => undefined,
  };
}

/**
 * Copies all arrays, for sending the input twice. Small copies are cloned by the message. Large
 * ones are copied once more, and these copies are transferred.
 */
function repeatable(given: WireCall['input'], pool: BufferPool): Snapshot {
  const kept: ArrayBuffer[] = [];
  let hasLarge = false;
  const copyInto = (array: TypedArray, list: ArrayBuffer[]): TypedArray => {
    const copy = pool.copy(array);
    list.push(copy.buffer as ArrayBuffer);
    return copy;
  };
  const snapshot = mapArrays(given, 0, (array) => {
    hasLarge ||= array.byteLength >= LARGE_BYTES;
    return copyInto(array, kept);
  });
  return {
    encode() {
      const transfer: ArrayBuffer[] = [];
      const input = hasLarge
        ? mapArrays(snapshot, 0, (array) =>
            array.byteLength < LARGE_BYTES ? array : copyInto(array, transfer),
          )
        : snapshot;
      return { input, transfer, lent: hasLarge } as Encoded;
    },
    release() {
      kept.splice(0).forEach(pool.giveBack);
    },
  };
}

/** Deeper than any valid input. Arrays below this depth are cloned by the message. */
const MAX_DEPTH = 6;

/**
 * Copies plain data and replaces each typed array. Objects of platform classes (Blob, ImageBitmap)
 * are kept.
 */
function mapArrays(
  value: unknown,
  depth: number,
  replace: (array: TypedArray) => TypedArray,
): unknown {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value;
  if (ArrayBuffer.isView(value)) return classOf(value) ? replace(value as TypedArray) : value;
  if (Array.isArray(value))
    return typeof value[0] === 'object'
      ? value.map((item) => mapArrays(item, depth + 1, replace))
      : value.slice();
  if (tagOf(value) !== '[object Object]') return value;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value))
    copy[key] = mapArrays((value as Record<string, unknown>)[key], depth + 1, replace);
  return copy;
}

function buffersOf(input: WireCall['input']): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  mapArrays(input, 0, (array) => {
    // Skip a detached array: postMessage() must refuse it as data. As a transfer it would get lost
    // in Node.
    if (array.byteLength > 0 && array.buffer instanceof ArrayBuffer) buffers.add(array.buffer);
    return array;
  });
  return [...buffers];
}

/**
 * Returns the class, such as `[object HTMLCanvasElement]`, also for objects of another realm, and
 * where the class does not exist.
 */
function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}

function isDrawable(input: unknown): input is ImageBitmapSource {
  return /ject (HTML(Canvas|Image|Video)Element|OffscreenCanvas|ImageBitmap|VideoFrame)]/.test(
    tagOf(input),
  );
}
