/** A file with a part of a model: `blobs/` has whole parts, `deltas/` changes of parts. */
const MODEL_FILE = /\/registry\/(blobs|deltas)\//;

/**
 * For `request.fetch` of a device: fetches as usual, and changes one bit of every file of a model.
 * A host or a network that somebody tampers with may do the same.
 */
export const tamperedFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const { url, ok, status } = response;
  if (!ok || !MODEL_FILE.test(url)) return response;
  const bytes = new Uint8Array(await response.arrayBuffer());
  const middle = bytes.byteLength >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  return new Response(bytes, { status });
};
