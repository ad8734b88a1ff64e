/**
 * Whether a stored value equals the one that was read; bytes, lists and records are compared by
 * content.
 */
export function sameValue(stored: unknown, read: unknown): boolean {
  if (stored instanceof Uint8Array && read instanceof Uint8Array) {
    return stored.byteLength === read.byteLength && stored.every((byte, i) => byte === read[i]);
  }
  if (typeof stored !== 'object' || typeof read !== 'object' || stored === null || read === null)
    return Object.is(stored, read);
  const [a, b] = [stored as Record<string, unknown>, read as Record<string, unknown>];
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => name in b && sameValue(a[name], b[name]))
  );
}
