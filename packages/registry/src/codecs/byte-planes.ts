/** Bytes of an element. */
export type ElementWidth = 1 | 2 | 4 | 8;

/**
 * Groups the first bytes of all elements, then the second bytes, and so on. Similar bytes
 * (exponents, high bytes of small differences) then lie together, which a general compressor
 * compresses better. Bytes after the last whole element stay at the end.
 */
export function toPlanes(bytes: Uint8Array, width: ElementWidth): Uint8Array<ArrayBuffer> {
  const elements = Math.floor(bytes.byteLength / width);
  const planes = new Uint8Array(bytes.byteLength);
  for (let plane = 0; plane < width; plane += 1) {
    const to = plane * elements;
    for (let i = 0, from = plane; i < elements; i += 1, from += width)
      planes[to + i] = bytes[from] as number;
  }
  planes.set(bytes.subarray(elements * width), elements * width);
  return planes;
}

/** Inverse of `toPlanes()`. */
export function fromPlanes(planes: Uint8Array, width: ElementWidth): Uint8Array<ArrayBuffer> {
  const elements = Math.floor(planes.byteLength / width);
  const bytes = new Uint8Array(planes.byteLength);
  for (let plane = 0; plane < width; plane += 1) {
    const from = plane * elements;
    for (let i = 0, to = plane; i < elements; i += 1, to += width)
      bytes[to] = planes[from + i] as number;
  }
  bytes.set(planes.subarray(elements * width), elements * width);
  return bytes;
}
