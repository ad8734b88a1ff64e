import { LARGE_BYTES } from '../rpc/buffer-pool.ts';

/**
 * Collects the buffers of the large arrays in plain data, for transfer. Arrays below LARGE_BYTES
 * are cheaper to clone. Views of a part of a buffer are left out.
 */
export function buffersOf(value: unknown): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  collect(value, buffers);
  return [...buffers];
}

function collect(value: unknown, buffers: Set<ArrayBuffer>): void {
  if (typeof value !== 'object' || value === null) return;
  if (ArrayBuffer.isView(value)) {
    if (
      value.buffer instanceof ArrayBuffer &&
      value.byteLength === value.buffer.byteLength &&
      value.byteLength >= LARGE_BYTES
    )
      buffers.add(value.buffer);
    return;
  }
  if (Array.isArray(value)) {
    // The first item decides: a list holds either only objects or only plain values.
    if (typeof value[0] === 'object') for (const inner of value) collect(inner, buffers);
    return;
  }
  for (const key in value) collect((value as Record<string, unknown>)[key], buffers);
}
