const BYTES_OF_FLOAT = 4;
/** No text of a payload is longer, unless something was encoded in it. */
const LONGEST_TEXT = 200;

/**
 * Searches a payload of telemetry for an image: numbers that are a pixel's, and texts that are long
 * enough to hold one. Counts are whole numbers, and shades of grey are not.
 * @returns the bytes that were found
 */
export function bytesOfImageIn(payload: unknown, image: Float32Array): number {
  const shades = new Set(image.filter((value) => !Number.isInteger(value)));
  const search = (value: unknown): number => {
    if (typeof value === 'number') return shades.has(Math.fround(value)) ? BYTES_OF_FLOAT : 0;
    if (typeof value === 'string') return value.length > LONGEST_TEXT ? value.length : 0;
    if (ArrayBuffer.isView(value)) return value.byteLength;
    if (typeof value !== 'object' || value === null) return 0;
    return Object.values(value).reduce<number>((sum, part) => sum + search(part), 0);
  };
  return search(payload);
}
