import { gunzip, gunzipSync } from 'node:zlib';
import { promisify } from 'node:util';
import { decodeBatch, decodeFrame } from '@perigee/profile';
import { Refusal } from '../refusal.ts';
import type { Upload } from '../store/store.ts';

const MAX_BATCH_BYTES = 1024 * 1024;
/** Inflating this much here takes less than handing it to a thread and back, which takes most of what an upload costs. */
const SMALL_BYTES = 4 * 1024;
const LIMIT = { maxOutputLength: MAX_BATCH_BYTES };
/** A batch of a few kilobytes needs no 16 for its pieces. */
const SMALL_LIMIT = { ...LIMIT, chunkSize: 4 * 1024 };
const inflateLarge = promisify(gunzip);

/** An upload's body → the batch in it. Inflation stops at 1 MiB. */
export async function decodeUpload(body: Uint8Array): Promise<Upload & { readonly sentAtMs: number }> {
  try {
    const frame = decodeFrame(body);
    const record = frame.gzip ? await inflate(frame.record) : frame.record;
    return { ...decodeBatch(record), sentAtMs: frame.sentAtMs, record };
  } catch (error) {
    if (error instanceof RangeError || (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')) {
      throw new Refusal(413, 'TOO_LARGE', `The batch is larger than ${MAX_BATCH_BYTES} bytes when inflated.`);
    }
    throw new Refusal(400, 'WRONG_CONTENT', error instanceof Error ? error.message : 'The upload cannot be read.');
  }
}

async function inflate(bytes: Uint8Array): Promise<Uint8Array> {
  return bytes.byteLength <= SMALL_BYTES ? gunzipSync(bytes, SMALL_LIMIT) : inflateLarge(bytes, LIMIT);
}
