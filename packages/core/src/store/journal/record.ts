import { createHash } from 'node:crypto';

/** A key with its new bytes; undefined deletes the key. */
export type Change = readonly [key: string, bytes: Uint8Array | undefined];

/**
 * `change`: the changes of one transaction. `base`: all entries; the first record of a file. `end`:
 * the last valid record of a file; the next file continues.
 */
export type RecordKind = 'change' | 'base' | 'end';

/** An entry of a record; without a size, the key is deleted. */
interface HeadEntry {
  readonly key: string;
  readonly sizeBytes?: number;
  readonly sha256?: string;
}

interface Head {
  /** The record's number. Of several records with the same number, the first counts. */
  readonly seq: number;
  /** A random id, by which a writer recognises its own record. */
  readonly id: string;
  readonly kind: RecordKind;
  readonly entries: readonly HeadEntry[];
}

/** The position of an entry's bytes in its file. */
export interface Extent {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface JournalRecord extends Omit<Head, 'entries'> {
  readonly entries: readonly (readonly [key: string, extent: Extent | undefined])[];
  /** The offset at which the next record may begin. */
  readonly endsAt: number;
}

/** Reads the bytes of a file. Reads must lie inside the file. */
export interface Source {
  readonly sizeBytes: number;
  read(offset: number, sizeBytes: number): Promise<Buffer>;
}

/**
 * The first bytes of a record. UTF-8 text contains no 0xff, so heads and values never contain the
 * mark.
 */
const MARK = Buffer.from([0xff, 0x70, 0x65, 0x72, 0x69, 0x67, 0x31, 0xff]);
const DIGEST_BYTES = 32;
/** Size of the mark, the length of the head and the digest of the head. */
const PREFIX_BYTES = MARK.length + 4 + DIGEST_BYTES;
const SEARCH_BYTES = 256 * 1024;

/**
 * Encodes a record: the mark, the length and digest of the head, the head as JSON, then the bytes
 * of the entries.
 */
export function encodeRecord(
  seq: number,
  id: string,
  kind: RecordKind,
  changes: readonly Change[],
): Buffer {
  const entries = changes.map(([key, bytes]) =>
    bytes ? { key, sizeBytes: bytes.byteLength, sha256: digestOf(bytes) } : { key },
  );
  const head = Buffer.from(JSON.stringify({ seq, id, kind, entries } satisfies Head));
  const prefix = Buffer.alloc(PREFIX_BYTES);
  MARK.copy(prefix);
  prefix.writeUInt32LE(head.byteLength, MARK.length);
  createHash('sha256')
    .update(head)
    .digest()
    .copy(prefix, MARK.length + 4);
  return Buffer.concat([prefix, head, ...changes.flatMap(([, bytes]) => bytes ?? [])]);
}

/**
 * Finds the first whole record at or after an offset; undefined without one. Bytes of incomplete
 * records are skipped.
 */
export async function nextRecord(source: Source, from: number): Promise<JournalRecord | undefined> {
  for (let at = from; at + PREFIX_BYTES <= source.sizeBytes;) {
    const record = await recordAt(source, at);
    if (record) return record;
    const next = await findMark(source, at + 1);
    if (next === undefined) return undefined;
    at = next;
  }
  return undefined;
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}

async function recordAt(source: Source, at: number): Promise<JournalRecord | undefined> {
  const prefix = await source.read(at, PREFIX_BYTES);
  if (!prefix.subarray(0, MARK.length).equals(MARK)) return undefined;
  const headBytes = prefix.readUInt32LE(MARK.length);
  if (at + PREFIX_BYTES + headBytes > source.sizeBytes) return undefined;
  const text = await source.read(at + PREFIX_BYTES, headBytes);
  if (
    !createHash('sha256')
      .update(text)
      .digest()
      .equals(prefix.subarray(MARK.length + 4))
  )
    return undefined;
  const head = JSON.parse(text.toString()) as Head;
  let endsAt = at + PREFIX_BYTES + headBytes;
  const entries: (readonly [string, Extent | undefined])[] = [];
  for (const { key, sizeBytes, sha256 } of head.entries) {
    if (sizeBytes === undefined || sha256 === undefined) entries.push([key, undefined]);
    else {
      const extent = { offset: endsAt, sizeBytes, sha256 };
      if (!(await readExtent(source, extent))) return undefined;
      entries.push([key, extent]);
      endsAt += sizeBytes;
    }
  }
  return { ...head, entries, endsAt };
}

/** Reads the bytes of an entry; undefined when they do not match their digest. */
export async function readExtent(
  source: Source,
  { offset, sizeBytes, sha256 }: Extent,
): Promise<Buffer | undefined> {
  if (offset + sizeBytes > source.sizeBytes) return undefined;
  const bytes = await source.read(offset, sizeBytes);
  return digestOf(bytes) === sha256 ? bytes : undefined;
}

async function findMark(source: Source, from: number): Promise<number | undefined> {
  for (let at = from; at + MARK.length <= source.sizeBytes; at += SEARCH_BYTES) {
    const bytes = await source.read(
      at,
      Math.min(SEARCH_BYTES + MARK.length - 1, source.sizeBytes - at),
    );
    const found = bytes.indexOf(MARK);
    if (found !== -1) return at + found;
  }
  return undefined;
}
