import { CommandError } from '../../command.ts';

/** Identifies a bucket to the user. */
export interface BucketPlace {
  readonly bucket: string;
  /** The endpoint in words, without credentials. */
  readonly endpoint: string;
}

interface SdkError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly statusCode?: number };
}

const CREDENTIALS = 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';

const ADVICE: Readonly<Record<string, string>> = {
  NoSuchBucket:
    'there is no such bucket. Create it, or correct its name, AWS_REGION or ' +
    'AWS_ENDPOINT_URL_S3.',
  InvalidBucketName: 'this is not a valid name for a bucket. Correct the URL.',
  InvalidAccessKeyId:
    'it does not know the access key. Check that AWS_ACCESS_KEY_ID belongs to ' +
    'AWS_ENDPOINT_URL_S3.',
  SignatureDoesNotMatch:
    'the secret key does not belong to the access key. Check AWS_SECRET_ACCESS_KEY and AWS_REGION.',
  RequestTimeTooSkewed: 'the clock of this machine is wrong. Set it.',
  ExpiredToken: 'the session has expired. Sign in again and renew AWS_SESSION_TOKEN.',
  InvalidToken:
    'the session token is not valid. Renew AWS_SESSION_TOKEN with its keys, or unset it when ' +
    `${CREDENTIALS} are permanent.`,
  PermanentRedirect: 'the bucket is in another region. Set AWS_REGION to it.',
  AuthorizationHeaderMalformed:
    'the bucket is in another region, or a key is not well-formed. Set AWS_REGION to the ' +
    'region of the bucket and check the keys.',
  IllegalLocationConstraintException: 'the bucket is in another region. Set AWS_REGION to it.',
};

const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ETIMEDOUT: 'it does not answer',
  TimeoutError: 'it does not answer',
  EPROTO: 'it does not speak TLS; is it http:// instead of https://',
};

/**
 * Explains an error of the S3 client in one sentence with a remedy. Other errors are returned
 * unchanged. The message of the server and the client's error are left out, because they can
 * contain the signed request.
 */
export function explainBucketFault(error: unknown, { bucket, endpoint }: BucketPlace): unknown {
  if (error instanceof CommandError || !(error instanceof Error)) return error;
  const fault = error as SdkError;
  const at = `Bucket ${bucket} at ${endpoint}`;
  if (fault.name === 'CredentialsProviderError')
    return new CommandError(
      `${at}: no credentials. Set ${CREDENTIALS} (and AWS_SESSION_TOKEN for a session).`,
    );
  if (fault.message === 'Region is missing')
    return new CommandError(
      `${at}: set AWS_REGION to the region of the bucket, or AWS_ENDPOINT_URL_S3 if it is ` +
        'not at AWS.',
    );
  const status = statusOf(error);
  if (status !== undefined && status >= 300)
    return new CommandError(`${at}: ${answered(status, codeOf(error))}`);
  const network = networkFault(fault);
  if (network !== undefined)
    return new CommandError(
      `${at}: no connection: ${network}. Check AWS_ENDPOINT_URL_S3 and the network, then try ` +
        'again.',
    );
  return error;
}

export const statusOf = (error: unknown): number | undefined =>
  (error as SdkError).$metadata?.httpStatusCode ?? (error as SdkError).$response?.statusCode;

/** The error code of S3's answer; empty without a valid code. */
export function codeOf(error: unknown): string {
  const { name } = error as SdkError;
  return typeof name === 'string' && /^[A-Za-z.]{1,60}$/.test(name) ? name : '';
}

function answered(status: number, code: string): string {
  const advice = ADVICE[code];
  if (advice !== undefined) return advice;
  const answer = `it answered ${status}${code === '' ? '' : ` (${code})`}`;
  if (status === 403) {
    return (
      `${answer}. The keys may not do this: they need s3:GetObject, s3:PutObject and ` +
      's3:DeleteObject there, and s3:ListBucket on the bucket. Without s3:ListBucket it gives ' +
      'the same answer for a missing object.'
    );
  }
  if (status === 429 || status >= 500) return `${answer}, also after retries. Try later.`;
  if (status < 400)
    return `${answer}. Set AWS_REGION to the region of the bucket, or correct AWS_ENDPOINT_URL_S3.`;
  return (
    `${answer}. Check that AWS_ENDPOINT_URL_S3 is an endpoint of S3, without the name of the ` +
    'bucket.'
  );
}

function networkFault({ name, code }: SdkError): string | undefined {
  const key = typeof code === 'string' ? code : String(name);
  if (/CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO/.test(key))
    return `its certificate is not accepted (${key})`;
  return NETWORK[key];
}
