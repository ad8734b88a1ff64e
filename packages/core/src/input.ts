import { PerigeeError } from './error.ts';
import type { PredictInput } from './model-types.ts';
import { LARGE_BYTES } from './rpc/buffer-pool.ts';
import type { BufferPool } from './rpc/buffer-pool.ts';
import type { WireCall, WireInput } from './rpc/protocol.ts';
import type { Tensors } from './tensor.ts';
import { classOf, constructorOf } from './typed-array.ts';
import type { TypedArray } from './typed-array.ts';

/** A call's input as it is sent. */
export interface Encoded {
  readonly input: WireCall['input'];
  readonly transfer: readonly Transferable[];
  readonly lent: boolean;
}

/** A snapshot of a call's input: what the caller does to its arrays afterwards changes nothing, and it can be sent a second time. */
export interface Snapshot {
  /** Null for a second sending of what was handed over: a bitmap, or arrays of a caller who said `transfer`. */
  encode(): Encoded | null;
  /** The call is over. */
  release(): void;
}

/**
 * Anything `predict()` takes, as plain data for the worker. Nothing is computed here. Only what must be drawn first makes this wait.
 * @throws PerigeeError INVALID_INPUT, later
 */
export function snapshotInput(input: PredictInput, transfer: boolean, pool: BufferPool): Snapshot | Promise<Snapshot> {
  try {
    // A bitmap of its own, so that the caller's canvas or bitmap stays usable.
    if (isDrawable(input)) {
      return createImageBitmap(input).then((bitmap) => handedOver({ kind: 'image', image: { kind: 'bitmap', bitmap } }, [bitmap]), (cause: unknown) => refuse(input, cause));
    }
    return snapshot(input instanceof Blob ? { kind: 'image', image: { kind: 'encoded', blob: input } } : toWire(input), transfer, pool);
  } catch (cause) {
    return refuse(input, cause);
  }
}

export function snapshotFeeds(feeds: Tensors, outputs: readonly string[] | undefined, transfer: boolean, pool: BufferPool): Snapshot | Promise<Snapshot> {
  try {
    return snapshot({ kind: 'feeds', feeds, outputs: outputs ?? null }, transfer, pool);
  } catch (cause) {
    return refuse(feeds, cause);
  }
}

/** Says what is wrong with an input that cannot be copied. Few pages need the words. */
async function refuse(input: unknown, cause: unknown): Promise<never> {
  throw new PerigeeError('INVALID_INPUT', (await import('./refusals.ts')).whyRefused(input, cause), { cause });
}

function snapshot(wire: WireCall['input'], transfer: boolean, pool: BufferPool): Snapshot {
  return transfer ? handedOver(wire, buffersOf(wire)) : repeatable(wire, pool);
}

function toWire(input: unknown): WireInput {
  if (ArrayBuffer.isView(input)) return { kind: 'array', data: input };
  if (Array.isArray(input)) return { kind: 'list', values: input };
  if (/num|big|bool/.test(typeof input)) return { kind: 'list', values: [input] };
  // Throws for null and undefined.
  const { width, height, data } = input as Record<string, unknown>;
  if (typeof width === 'number' && typeof height === 'number' && classOf(data)?.startsWith('Uint8')) {
    // A model may have inputs of these names. Fields of a class, as of a decoder, are its own.
    const isPlain = (input as object).constructor === Object;
    return { kind: 'image', image: { kind: 'pixels', width, height, data: data as Uint8Array, more: isPlain && { ...input as object, data: null } } };
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

/** Small arrays are cloned by the message; of large ones a copy stays here, for a second sending, and another is lent. */
function repeatable(input: WireCall['input'], pool: BufferPool): Snapshot {
  const kept = new Set<TypedArray>();
  const snapshot = mapArrays(input, (array) => {
    if (array.byteLength < LARGE_BYTES) return new (constructorOf(array))(array);
    const copy = pool.copy(array);
    kept.add(copy);
    return copy;
  }, 0) as WireCall['input'];
  return {
    encode() {
      if (kept.size === 0) return { input: snapshot, transfer: [], lent: false };
      const transfer: ArrayBuffer[] = [];
      const lent = mapArrays(snapshot, (array) => {
        if (!kept.has(array)) return array;
        const copy = pool.copy(array);
        transfer.push(copy.buffer as ArrayBuffer);
        return copy;
      }, 0) as WireCall['input'];
      return { input: lent, transfer, lent: true };
    },
    release() {
      for (const { buffer } of kept) pool.giveBack(buffer as ArrayBuffer);
      kept.clear();
    },
  };
}

/** Deeper than any input there is; what lies below is left to the message's own cloning. */
const MAX_DEPTH = 6;

/** The same plain data with each typed array replaced. Objects of the platform's classes (Blob, ImageBitmap) stay as they are. */
function mapArrays(value: unknown, replace: (array: TypedArray) => TypedArray, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value;
  if (ArrayBuffer.isView(value)) return classOf(value) ? replace(value as TypedArray) : value;
  if (Array.isArray(value)) return typeof value[0] === 'object' ? value.map((item) => mapArrays(item, replace, depth + 1)) : value.slice();
  if (tagOf(value) !== '[object Object]') return value;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) copy[key] = mapArrays((value as Record<string, unknown>)[key], replace, depth + 1);
  return copy;
}

function buffersOf(input: WireCall['input']): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  mapArrays(input, (array) => {
    // One that was given away already is for the message to refuse: as a transfer it would get lost in Node.
    if (array.byteLength > 0 && array.buffer instanceof ArrayBuffer) buffers.add(array.buffer);
    return array;
  }, 0);
  return [...buffers];
}

/** `[object HTMLCanvasElement]`: the class also of an object of another realm, and where the class may not exist. */
function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}

function isDrawable(input: unknown): input is ImageBitmapSource {
  return /ject (HTML(Canvas|Image|Video)Element|OffscreenCanvas|ImageBitmap|VideoFrame)]/.test(tagOf(input));
}
