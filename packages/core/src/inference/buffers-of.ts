import { LARGE_BYTES } from '../rpc/buffer-pool.ts';

/**
 * Adds the buffers of the large arrays in plain data, for transfer. Arrays below LARGE_BYTES are
 * cheaper to clone. Views of a part of a buffer are left out.
 */
export function addBuffers(value: unknown, buffers: ArrayBuffer[]): void {
  if (typeof value !== 'object' || value === null) return;
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteLength } = value;
    if (
      byteLength >= LARGE_BYTES &&
      buffer instanceof ArrayBuffer &&
      byteLength === buffer.byteLength &&
      !buffers.includes(buffer)
    )
      buffers.push(buffer);
    return;
  }
  if (Array.isArray(value)) {
    // The first item decides: a list holds either only objects or only plain values.
    if (typeof value[0] === 'object') for (const inner of value) addBuffers(inner, buffers);
    return;
  }
  for (const key in value) addBuffers((value as Record<string, unknown>)[key], buffers);
}
