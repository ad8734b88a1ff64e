/**
 * Frees buffers without the garbage collector, by a message that nobody can receive. Chromium frees
 * them in this call, Node soon after it. `structuredClone` would leave them to the collector, and so
 * would `ArrayBuffer.transfer()` once a function of the browser has had the buffer. Buffers that
 * were freed before are left out: a message cannot take them again.
 */
export function freeBuffers(buffers: Iterable<ArrayBuffer>): void {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  port1.postMessage(
    null,
    [...buffers].filter(({ byteLength }) => byteLength > 0),
  );
  port1.close();
}
