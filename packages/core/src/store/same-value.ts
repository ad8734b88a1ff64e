/** Whether a stored value is still the one that was read; bytes by content. */
export function sameValue(stored: unknown, read: Uint8Array | string): boolean {
  if (!(stored instanceof Uint8Array) || !(read instanceof Uint8Array)) return stored === read;
  return stored.byteLength === read.byteLength && stored.every((byte, i) => byte === read[i]);
}
