import { ProfileError } from '../error.ts';
import {
  MAX_BATCH_BYTES,
  MAX_DEVICE_COUNT,
  MAX_DEVICE_SUM,
  MAX_PROFILES,
  MAX_TOTAL_BINS,
} from '../limits.ts';
import { createBounds } from '../parts/bounds.ts';
import type { Profile } from '../profile/layout.ts';
import { createReader, createWriter } from './bytes.ts';
import type { ByteReader } from './bytes.ts';
import { encodeProfile, readProfile } from './profile-codec.ts';

/**
 * Profiles that a device sends together. It never changes after sealing: a retry sends the same
 * bytes under the same id, so it is counted once.
 */
export interface SealedBatch {
  /** 32 hex digits: 16 random bytes. */
  readonly batchId: string;
  /** The device's clock at the time of sealing, in epoch milliseconds. */
  readonly sealedAtMs: number;
  /** Losses of this device since its last report, by reason. */
  readonly lost: Losses;
  readonly profiles: readonly Profile[];
}

/** All reasons of a loss. */
export const LOSS_REASONS = ['queue-full', 'refused', 'stopped', 'unreadable'] as const;
/**
 * Why a sealed batch, or a window that was in no batch yet, was dropped. `queue-full`: too many
 * were waiting. `refused`: the collector refused it. `stopped`: the collector wants no more.
 * `unreadable`: another version of the SDK wrote it, and this one cannot read it.
 */
export type LossReason = (typeof LOSS_REASONS)[number];
export type Losses = Readonly<Partial<Record<LossReason, number>>>;

/** Body of one upload: the batch, perhaps compressed, and the device's clock at this attempt. */
export interface Frame {
  readonly sentAtMs: number;
  readonly gzip: boolean;
  /** The batch's bytes, gzipped when `gzip`. */
  readonly record: Uint8Array;
}

const BATCH_FORMAT = 2;
const FRAME_FORMAT = 1;

/**
 * Encodes a batch.
 * @throws ProfileError INVALID_INPUT for an id that is not 32 hex digits, or a count that is not a
 * whole number from 0 to 2^53 − 1
 * @example
 * ```ts
 * const record = encodeBatch({ batchId, sealedAtMs: Date.now(), lost: {}, profiles: [profile] });
 * ```
 */
export function encodeBatch({
  batchId,
  sealedAtMs,
  lost,
  profiles,
}: SealedBatch): Uint8Array<ArrayBuffer> {
  if (!/^[0-9a-f]{32}$/.test(batchId))
    throw new ProfileError('INVALID_INPUT', `A batch id has 32 hex digits; got "${batchId}".`);
  const writer = createWriter();
  writer.byte(BATCH_FORMAT);
  for (let i = 0; i < 32; i += 2) writer.byte(Number.parseInt(batchId.slice(i, i + 2), 16));
  writer.uint48(sealedAtMs);
  for (const reason of LOSS_REASONS) writer.varint(lost[reason] ?? 0);
  writer.varint(profiles.length);
  for (const profile of profiles) {
    const bytes = encodeProfile(profile);
    writer.varint(bytes.length);
    writer.bytes(bytes);
  }
  return writer.finish();
}

/**
 * Decodes and checks a batch from an untrusted device: at most 1 MiB, 256 profiles and 2^23 counts,
 * each below 2^32.
 * @throws ProfileError WRONG_CONTENT
 * @example
 * ```ts
 * const { batchId, profiles } = decodeBatch(record);
 * ```
 */
export function decodeBatch(bytes: Uint8Array): SealedBatch {
  if (bytes.length > MAX_BATCH_BYTES)
    throw new ProfileError(
      'WRONG_CONTENT',
      `A batch has at most ${MAX_BATCH_BYTES} bytes; got ${bytes.length}.`,
    );
  const bounds = createBounds({
    maxBins: MAX_TOTAL_BINS,
    maxCount: MAX_DEVICE_COUNT,
    maxSum: MAX_DEVICE_SUM,
  });
  const reader = createReader(bytes, 'batch');
  const format = reader.byte();
  if (format !== BATCH_FORMAT)
    throw new ProfileError(
      'WRONG_CONTENT',
      `The batch has format ${format}; this version reads ${BATCH_FORMAT}.`,
    );
  const batchId = Array.from(reader.bytes(16), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );
  const sealedAtMs = reader.uint48();
  const lost = readLosses(reader);
  const profiles = Array.from({ length: reader.varint(MAX_PROFILES) }, () =>
    readProfile(reader.bytes(reader.varint(MAX_BATCH_BYTES)), bounds),
  );
  reader.end();
  return { batchId, sealedAtMs, lost, profiles };
}

function readLosses(reader: ByteReader): Losses {
  const entries = LOSS_REASONS.map((reason) => [reason, reader.varint(MAX_DEVICE_COUNT)] as const);
  return Object.fromEntries(entries.filter(([, count]) => count > 0));
}

/**
 * Encodes a frame: [u8 version][u8 compression: 0 none, 1 gzip][u48 little-endian sentAt
 * ms][record]. The fields are in the body, because headers would cost a CORS preflight.
 * @example
 * ```ts
 * const body = encodeFrame({ sentAtMs: Date.now(), gzip: false, record });
 * ```
 */
export function encodeFrame({ sentAtMs, gzip, record }: Frame): Uint8Array<ArrayBuffer> {
  const writer = createWriter();
  writer.byte(FRAME_FORMAT);
  writer.byte(gzip ? 1 : 0);
  writer.uint48(sentAtMs);
  writer.bytes(record);
  return writer.finish();
}

/**
 * Decodes a frame. It does not decompress the record.
 * @throws ProfileError WRONG_CONTENT
 * @example
 * ```ts
 * const { record, gzip } = decodeFrame(body);
 * ```
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  const reader = createReader(bytes, 'frame');
  const format = reader.byte();
  const compression = reader.byte();
  if (format !== FRAME_FORMAT || compression > 1)
    throw new ProfileError(
      'WRONG_CONTENT',
      `The upload is not a frame that this version reads: version ${format}, compression ${compression}.`,
    );
  return { sentAtMs: reader.uint48(), gzip: compression === 1, record: bytes.subarray(8) };
}
