import type * as Sdk from '@aws-sdk/client-s3';
import { CommandError } from '../../command.ts';
import { explainBucketFault } from './bucket-fault.ts';
import type { BucketPlace } from './bucket-fault.ts';

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

export interface Connection {
  readonly place: BucketPlace;
  /**
   * Sends requests.
   * @throws CommandError when the server refuses or cannot be reached
   */
  request<T>(run: (client: Sdk.S3Client, sdk: typeof Sdk) => Promise<T>): Promise<T>;
}

/**
 * Prepares a connection without contacting the server.
 * @throws CommandError when the endpoint is malformed
 */
export function connect(bucket: string, options: BucketOptions): Connection {
  const { env } = process;
  const endpoint = parseEndpoint(
    options.endpoint ?? (env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL']),
  );
  const region =
    options.region ?? (env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || (endpoint && 'us-east-1'));
  const place = { bucket, endpoint: endpoint?.shown ?? `AWS S3${region ? ` (${region})` : ''}` };
  let loaded: ReturnType<typeof load> | undefined;
  return {
    place,
    async request(run) {
      try {
        loaded ??= load(endpoint?.url, region, options.credentials);
        const { client, sdk } = await loaded;
        return await run(client, sdk);
      } catch (error) {
        throw explainBucketFault(error, place);
      }
    },
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
