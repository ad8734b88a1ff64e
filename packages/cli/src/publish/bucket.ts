import type * as Sdk from '@aws-sdk/client-s3';
import { layout } from '@perigee/registry';
import { CommandError } from '../command.ts';
import { codeOf, explainBucketFault, statusOf } from './bucket-fault.ts';
import { parseBucketUrl } from './bucket-url.ts';
import type { Folder } from './folder.ts';

export interface BucketOptions {
  /** URL of a server other than AWS. Default: AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL. */
  readonly endpoint?: string;
  /** Default: AWS_REGION. */
  readonly region?: string;
  /**
   * Default: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or the other sources
   * of the AWS tools: a profile, the role of a CI job.
   */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

export interface BucketObject {
  readonly bytes: Uint8Array;
  readonly etag: string;
  /** Age by the clock of the server alone. */
  readonly ageMs: number;
}

/**
 * A folder in a bucket, with the operations that its lock needs. Every call throws CommandError if
 * the server refuses or cannot be reached.
 */
export interface Bucket extends Folder {
  /** Undefined when there is no such object. */
  look(path: string): Promise<BucketObject | undefined>;
  /**
   * Writes if the condition holds and returns the new ETag. Otherwise it writes nothing and returns
   * undefined: an object exists ('absent'), or it does not have this ETag.
   */
  writeIf(
    path: string,
    bytes: Uint8Array,
    condition: 'absent' | { readonly etag: string },
  ): Promise<string | undefined>;
  remove(path: string): Promise<void>;
  /** The error for a server that ignores the condition of `writeIf`. */
  noConditions(): CommandError;
}

/**
 * Opens the folder at an `s3://bucket/prefix` URL without contacting the server. Each PUT replaces
 * one object atomically: readers see the old one or the new one.
 * @throws CommandError when the URL or the endpoint is malformed
 */
export function openBucket(url: string, options: BucketOptions = {}): Bucket {
  const { bucket, prefix } = parseBucketUrl(url);
  const endpoint = parseEndpoint(
    options.endpoint ?? (process.env['AWS_ENDPOINT_URL_S3'] || process.env['AWS_ENDPOINT_URL']),
  );
  const region =
    options.region ??
    (process.env['AWS_REGION'] || process.env['AWS_DEFAULT_REGION'] || (endpoint && 'us-east-1'));
  const place = { bucket, endpoint: endpoint?.shown ?? `AWS S3${region ? ` (${region})` : ''}` };

  let loaded: Promise<{ readonly sdk: typeof Sdk; readonly client: Sdk.S3Client }> | undefined;
  const ask = async <T>(run: (client: Sdk.S3Client, sdk: typeof Sdk) => Promise<T>): Promise<T> => {
    try {
      const { client, sdk } = await (loaded ??= load(endpoint?.url, region, options.credentials));
      return await run(client, sdk);
    } catch (error) {
      throw explainBucketFault(error, place);
    }
  };
  const noConditions = () =>
    new CommandError(
      `Bucket ${bucket} at ${place.endpoint}: this server has no conditional writes ` +
        '(If-None-Match and If-Match on PUT), ' +
        ('so publishers cannot be kept apart. Publish into a folder and copy that, or use a ' +
          'server that has them.'),
    );
  const at = (path: string) => ({ Bucket: bucket, Key: `${prefix}${path}` });

  const look = (path: string): Promise<BucketObject | undefined> =>
    ask(async (client, sdk) => {
      const command = new sdk.GetObjectCommand(at(path));
      let date: string | undefined;
      command.middlewareStack.add(
        (next) => async (args) => {
          const result = await next(args);
          date = (result.response as { readonly headers: Readonly<Record<string, string>> })
            .headers['date'];
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

  return {
    path: `s3://${bucket}/${prefix}`.replace(/\/$/, ''),
    look,
    read: async (path) => (await look(path))?.bytes,
    exists: (path) =>
      ask(async (client, sdk) => {
        try {
          await client.send(new sdk.HeadObjectCommand(at(path)));
          return true;
        } catch (error) {
          // An answer to HEAD has no body and does not name the fault. The answer to GET does.
          if ((statusOf(error) ?? 500) >= 500) throw error;
          return (await look(path)) !== undefined;
        }
      }),
    write: (path, bytes) =>
      ask(async (client, sdk) => {
        await client.send(
          new sdk.PutObjectCommand({ ...at(path), ...headersOf(path), Body: bytes }),
        );
      }),
    writeIf: (path, bytes, condition) =>
      ask(async (client, sdk) => {
        const only = condition === 'absent' ? { IfNoneMatch: '*' } : { IfMatch: condition.etag };
        try {
          const { ETag } = await client.send(
            new sdk.PutObjectCommand({
              ...at(path),
              ContentType: contentType(path),
              CacheControl: 'no-store',
              ...only,
              Body: bytes,
            }),
          );
          if (!ETag)
            throw new CommandError(
              `Bucket ${bucket} at ${place.endpoint}: it answers a write without an ETag, so ` +
                'publishers cannot be kept apart there.',
            );
          return ETag;
        } catch (error) {
          // 409: another write of the same object is under way. 404: the object of If-Match is
          // gone.
          if ([412, 409].includes(statusOf(error) ?? 0) || codeOf(error) === 'NoSuchKey')
            return undefined;
          if (statusOf(error) === 501) throw noConditions();
          throw error;
        }
      }),
    noConditions,
    remove: (path) =>
      ask(async (client, sdk) => {
        await client.send(new sdk.DeleteObjectCommand(at(path)));
      }),
  };
}

const contentType = (path: string): string =>
  path.endsWith('.json') ? 'application/json' : 'application/octet-stream';

function headersOf(path: string) {
  return {
    ContentType: contentType(path),
    CacheControl: path === layout.timestamp ? 'no-cache' : 'public, max-age=31536000, immutable',
  };
}

/**
 * Parses the URL of a server.
 * @throws CommandError when it is not one
 */
function parseEndpoint(
  text: string | undefined,
): { readonly url: string; readonly shown: string } | undefined {
  if (!text) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    !url ||
    !/^https?:$/.test(url.protocol) ||
    url.username ||
    url.password ||
    url.search ||
    url.hash
  ) {
    throw new CommandError(
      'The S3 endpoint (AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL) must be like https://host ' +
        'or http://host:port, without keys.',
    );
  }
  return { url: text, shown: `${url.origin}${url.pathname}`.replace(/\/$/, '') };
}

/**
 * Loads the client at the first request, because that takes a tenth of a second and most commands
 * use no bucket.
 */
async function load(
  endpoint: string | undefined,
  region: string | undefined,
  credentials: BucketOptions['credentials'],
) {
  // The client warns users of Node 20 that its later versions drop that Node. We choose its
  // version, so users cannot act on the warning.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const sdk = await import('@aws-sdk/client-s3');
  const client = new sdk.S3Client({
    // Other servers than AWS rarely have a host name per bucket.
    ...(endpoint ? { endpoint, forcePathStyle: true } : {}),
    ...(region ? { region } : {}),
    ...(credentials ? { credentials } : {}),
    // The failure of one request among hundreds must not abort the publication.
    ...(process.env['AWS_MAX_ATTEMPTS'] ? {} : { maxAttempts: 5 }),
    // The signature already covers the bytes, and many servers lack the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 10_000, socketTimeout: 60_000 },
  });
  return { sdk, client };
}
