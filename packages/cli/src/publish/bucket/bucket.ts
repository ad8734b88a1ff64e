import { layout } from '@perigee/registry';
import { CommandError } from '../../command.ts';
import type { Folder } from '../folder.ts';
import { codeOf, statusOf } from './bucket-fault.ts';
import { parseBucketUrl } from './bucket-url.ts';
import { connect } from './connection.ts';
import type { BucketOptions, Connection } from './connection.ts';

export interface BucketObject {
  readonly bytes: Uint8Array;
  readonly etag: string;
  /** Age by the clock of the server alone. */
  readonly ageMs: number;
}

/** `absent`: there is no object yet. `etag`: the object still has this ETag. */
export type WriteCondition = 'absent' | { readonly etag: string };

/**
 * A folder in a bucket, with the operations that its lock needs. Every call throws CommandError if
 * the server refuses or cannot be reached.
 */
export interface Bucket extends Folder {
  /** Undefined when there is no such object. */
  readObject(path: string): Promise<BucketObject | undefined>;
  /** Writes if the condition holds, and returns the new ETag. Otherwise returns undefined. */
  writeIf(path: string, bytes: Uint8Array, condition: WriteCondition): Promise<string | undefined>;
  remove(path: string): Promise<void>;
  /** The error for a server that ignores the condition of `writeIf`. */
  noConditions(): CommandError;
}

/** Names one object to the S3 client. */
interface ObjectKey {
  readonly Bucket: string;
  readonly Key: string;
}

/**
 * Opens the folder at an `s3://bucket/prefix` URL without contacting the server. Each PUT replaces
 * one object atomically: readers see the old one or the new one.
 * @throws CommandError when the URL or the endpoint is malformed
 */
export function openBucket(url: string, options: BucketOptions = {}): Bucket {
  const { bucket, prefix } = parseBucketUrl(url);
  const s3 = connect(bucket, options);
  const keyOf = (path: string): ObjectKey => ({ Bucket: bucket, Key: `${prefix}${path}` });
  return {
    path: `s3://${bucket}/${prefix}`.replace(/\/$/, ''),
    readObject: (path) => readObject(s3, keyOf(path)),
    read: async (path) => (await readObject(s3, keyOf(path)))?.bytes,
    exists: (path) => hasObject(s3, keyOf(path)),
    write: (path, bytes) => writeObject(s3, keyOf(path), bytes, headersOf(path)),
    writeIf: (path, bytes, condition) =>
      writeObjectIf(s3, keyOf(path), bytes, { ContentType: contentType(path) }, condition),
    remove: (path) => removeObject(s3, keyOf(path)),
    noConditions: () => noConditions(s3),
  };
}

async function readObject(s3: Connection, key: ObjectKey): Promise<BucketObject | undefined> {
  return s3.request(async (client, sdk) => {
    const command = new sdk.GetObjectCommand(key);
    let date: string | undefined;
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        date = (result.response as { readonly headers: Readonly<Record<string, string>> }).headers[
          'date'
        ];
        return result;
      },
      { step: 'deserialize' },
    );
    try {
      const { Body, ETag = '', LastModified } = await client.send(command);
      const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
      const now = date === undefined ? Date.now() : Date.parse(date);
      return { bytes, etag: ETag, ageMs: LastModified ? now - LastModified.getTime() : 0 };
    } catch (error) {
      if (codeOf(error) === 'NoSuchKey') return undefined;
      throw error;
    }
  });
}

async function hasObject(s3: Connection, key: ObjectKey): Promise<boolean> {
  return s3.request(async (client, sdk) => {
    try {
      await client.send(new sdk.HeadObjectCommand(key));
      return true;
    } catch (error) {
      // An answer to HEAD has no body and does not name the fault. The answer to GET does.
      if ((statusOf(error) ?? 500) >= 500) throw error;
      return (await readObject(s3, key)) !== undefined;
    }
  });
}

async function writeObject(
  s3: Connection,
  key: ObjectKey,
  bytes: Uint8Array,
  headers: ReturnType<typeof headersOf>,
): Promise<void> {
  await s3.request((client, sdk) =>
    client.send(new sdk.PutObjectCommand({ ...key, ...headers, Body: bytes })),
  );
}

async function writeObjectIf(
  s3: Connection,
  key: ObjectKey,
  bytes: Uint8Array,
  headers: { readonly ContentType: string },
  condition: WriteCondition,
): Promise<string | undefined> {
  const only = condition === 'absent' ? { IfNoneMatch: '*' } : { IfMatch: condition.etag };
  return s3.request(async (client, sdk) => {
    const command = new sdk.PutObjectCommand({
      ...key,
      ...headers,
      CacheControl: 'no-store',
      ...only,
      Body: bytes,
    });
    try {
      const { ETag } = await client.send(command);
      if (!ETag) throw noEtag(s3);
      return ETag;
    } catch (error) {
      // 409: another write of the same object is under way. 404: the object of If-Match is gone.
      if ([412, 409].includes(statusOf(error) ?? 0) || codeOf(error) === 'NoSuchKey')
        return undefined;
      if (statusOf(error) === 501) throw noConditions(s3);
      throw error;
    }
  });
}

async function removeObject(s3: Connection, key: ObjectKey): Promise<void> {
  await s3.request((client, sdk) => client.send(new sdk.DeleteObjectCommand(key)));
}

function noEtag({ place: { bucket, endpoint } }: Connection): CommandError {
  return new CommandError(
    `Bucket ${bucket} at ${endpoint}: it answers a write without an ETag, so publishers cannot ` +
      'be kept apart.',
  );
}

function noConditions({ place: { bucket, endpoint } }: Connection): CommandError {
  return new CommandError(
    `Bucket ${bucket} at ${endpoint}: this server has no conditional writes (If-None-Match and ` +
      'If-Match on PUT), so publishers cannot be kept apart. Publish into a folder and copy ' +
      'that, or use a server that has them.',
  );
}

const contentType = (path: string): string =>
  path.endsWith('.json') ? 'application/json' : 'application/octet-stream';

function headersOf(path: string) {
  return {
    ContentType: contentType(path),
    CacheControl: path === layout.timestamp ? 'no-cache' : 'public, max-age=31536000, immutable',
  };
}
