import { decodeBatch } from '@perigee/profile';
import type { SealedBatch } from '@perigee/profile';

const LENGTH_BYTES = 4;

/**
 * Packs the batches of one commit as received: for each, its length as a little-endian u32, then
 * its bytes.
 */
export function packRecords(records: readonly Uint8Array[]): Uint8Array {
  const packed = Buffer.allocUnsafe(
    records.reduce((sum, { byteLength }) => sum + LENGTH_BYTES + byteLength, 0),
  );
  let at = 0;
  for (const record of records) {
    at = packed.writeUInt32LE(record.byteLength, at);
    packed.set(record, at);
    at += record.byteLength;
  }
  return packed;
}

export function unpackRecords(packed: Uint8Array): SealedBatch[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const batches: SealedBatch[] = [];
  for (let at = 0; at < packed.byteLength;) {
    const start = at + LENGTH_BYTES;
    at = start + view.getUint32(at, true);
    batches.push(decodeBatch(packed.subarray(start, at)));
  }
  return batches;
}
