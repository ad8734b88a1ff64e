import { LARGE_BYTES } from '../rpc/buffer-pool.ts';

/** Buffers of the large arrays in plain data, for transfer; small ones are cheaper cloned. A view on a part of a larger buffer is not counted. */
export function buffersOf(value: unknown): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  collect(value, buffers);
  return [...buffers];
}

function collect(value: unknown, buffers: Set<ArrayBuffer>): void {
  if (typeof value !== 'object' || value === null) return;
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer && value.byteLength === value.buffer.byteLength && value.byteLength >= LARGE_BYTES) buffers.add(value.buffer);
    return;
  }
  if (Array.isArray(value)) {
    // A list holds objects, or it holds plain values throughout.
    if (typeof value[0] === 'object') for (const inner of value) collect(inner, buffers);
    return;
  }
  for (const key in value) collect((value as Record<string, unknown>)[key], buffers);
}
