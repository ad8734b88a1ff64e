import * as Comlink from 'comlink';

/** Moves every typed array's buffer to the page instead of copying it: the worker has no further use for an answer. */
export function answer<T extends object>(value: T): T {
  const buffers = new Set<ArrayBuffer>();
  collect(value, buffers);
  return Comlink.transfer(value, [...buffers]);
}

function collect(value: unknown, buffers: Set<ArrayBuffer>): void {
  if (typeof value !== 'object' || value === null) return;
  if (ArrayBuffer.isView(value)) {
    // A view on a part of a larger buffer is copied: the rest belongs to someone else.
    if (value.buffer instanceof ArrayBuffer && value.byteLength === value.buffer.byteLength) buffers.add(value.buffer);
    return;
  }
  for (const inner of Object.values(value)) collect(inner, buffers);
}
