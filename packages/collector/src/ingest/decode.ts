import { gunzip } from 'node:zlib';
import { promisify } from 'node:util';
import { decodeBatch, decodeFrame } from '@perigee/profile';
import type { SealedBatch } from '@perigee/profile';
import { Refusal } from '../refusal.ts';

const MAX_BATCH_BYTES = 1024 * 1024;
const inflate = promisify(gunzip);

/** An upload's body → the batch in it. Inflation stops at 1 MiB. */
export async function decodeUpload(body: Uint8Array): Promise<SealedBatch & { readonly sentAtMs: number }> {
  try {
    const frame = decodeFrame(body);
    const record = frame.gzip ? new Uint8Array(await inflate(frame.record, { maxOutputLength: MAX_BATCH_BYTES })) : frame.record;
    return { ...decodeBatch(record), sentAtMs: frame.sentAtMs };
  } catch (error) {
    if (error instanceof RangeError || (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')) {
      throw new Refusal(413, 'TOO_LARGE', `The batch is larger than ${MAX_BATCH_BYTES} bytes when inflated.`);
    }
    throw new Refusal(400, 'WRONG_CONTENT', error instanceof Error ? error.message : 'The upload cannot be read.');
  }
}
