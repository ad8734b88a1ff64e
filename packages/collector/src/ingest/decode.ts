import { gunzip, gunzipSync } from 'node:zlib';
import { promisify } from 'node:util';
import { decodeBatch, decodeFrame } from '@perigee/profile';
import { HttpError } from '../http/http-error.ts';
import type { Upload } from '../store/store.ts';

const MAX_BATCH_BYTES = 1024 * 1024;
/** Up to this size, inflate on this thread: a hand-over to the thread pool takes longer. */
const SMALL_BYTES = 4 * 1024;
const LIMIT = { maxOutputLength: MAX_BATCH_BYTES };
/** Inflate in chunks of 4 KiB instead of the default 16: batches are a few kilobytes. */
const SMALL_LIMIT = { ...LIMIT, chunkSize: 4 * 1024 };
const inflateLarge = promisify(gunzip);

/**
 * Decodes the batch in the body of an upload. Inflation stops at 1 MiB.
 * @throws HttpError 400 for a malformed body, 413 for a batch over 1 MiB
 */
export async function decodeUpload(
  body: Uint8Array,
): Promise<Upload & { readonly sentAtMs: number }> {
  try {
    const frame = decodeFrame(body);
    const record = frame.gzip ? await inflate(frame.record) : frame.record;
    return { ...decodeBatch(record), sentAtMs: frame.sentAtMs, record };
  } catch (error) {
    if (
      error instanceof RangeError ||
      (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
    ) {
      throw new HttpError(
        413,
        'TOO_LARGE',
        `The batch is larger than ${MAX_BATCH_BYTES} bytes when inflated.`,
      );
    }
    throw new HttpError(
      400,
      'WRONG_CONTENT',
      error instanceof Error ? error.message : 'The upload cannot be read.',
    );
  }
}

async function inflate(bytes: Uint8Array): Promise<Uint8Array> {
  return bytes.byteLength <= SMALL_BYTES
    ? gunzipSync(bytes, SMALL_LIMIT)
    : inflateLarge(bytes, LIMIT);
}
