import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, vi } from 'vitest';
import { openBucket } from './bucket.ts';
import type { Bucket } from './bucket.ts';
import type { BucketOptions } from './connection.ts';

// The package has no types.
type S3rverClass = new (options: object) => {
  configureBuckets(): Promise<unknown>;
  callback(): RequestListener;
};
const S3rver = createRequire(import.meta.url)('@20minutes/s3rver') as S3rverClass;

export const CREDENTIALS = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

/** A server of S3 on this machine, with the bucket `models`. */
export interface S3Server {
  /** Endpoint of the server. */
  readonly endpoint: string;
  /** Endpoint of the server without conditions on PUT. */
  readonly withoutConditions: string;
  /** Answers a request as the endpoint does. */
  readonly withConditions: RequestListener;
  /** Answers a request and ignores conditions. */
  readonly handler: RequestListener;
  /** Folder of the server's files. */
  readonly folder: string;
  /** Starts another server and returns its URL. */
  listen(handler: RequestListener): Promise<string>;
  /** Ends the server that was started last. */
  closeLast(): Promise<void>;
  /** Opens a folder of its own in the bucket. */
  open(options?: BucketOptions & { readonly url?: string }): Bucket;
  /** Path of the file that holds an object of the bucket. */
  fileOf(bucket: Bucket, path: string): string;
}

/** Starts a server for all tests of a file. */
export function s3Server(): S3Server {
  const servers: Server[] = [];
  const listen = async (handler: RequestListener): Promise<string> => {
    const server = createServer(handler);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const state = {
    folder: '',
    endpoint: '',
    withoutConditions: '',
    handler: notStarted,
    withConditions: notStarted,
  };
  beforeAll(async () => {
    state.folder = await mkdtemp(join(tmpdir(), 'perigee-bucket-'));
    const server = new S3rver({
      directory: state.folder,
      silent: true,
      configureBuckets: [{ name: 'models', configs: [] }],
    });
    await server.configureBuckets();
    state.handler = server.callback();
    state.withoutConditions = await listen(state.handler);
    state.withConditions = conditions(state);
    state.endpoint = await listen(state.withConditions);
  });
  afterAll(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    await rm(state.folder, { recursive: true, force: true });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
  });
  let prefixes = 0;
  return Object.assign(state, {
    listen,
    closeLast: () => new Promise<void>((resolve) => servers.pop()?.close(() => resolve())),
    open: (options: BucketOptions & { readonly url?: string } = {}) =>
      openBucket(options.url ?? `s3://models/test-${++prefixes}`, {
        endpoint: state.endpoint,
        credentials: CREDENTIALS,
        ...options,
      }),
    fileOf: (bucket: Bucket, path: string) => fileOf(state.folder, objectKey(bucket, path)),
  });
}

const notStarted: RequestListener = () => {
  throw new Error('The server starts with the first test.');
};

/**
 * Adds what s3rver lacks, as AWS documents it: If-None-Match: * and If-Match on PUT, with writes in
 * sequence.
 */
function conditions({ folder, handler }: Pick<S3Server, 'folder' | 'handler'>): RequestListener {
  let last: Promise<unknown> = Promise.resolve();
  const put = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const etag = etagOf(folder, request.url!);
    const { 'if-none-match': none, 'if-match': match } = request.headers;
    if (none === '*' && etag !== undefined)
      return refuse(request, response, 412, 'PreconditionFailed');
    if (match !== undefined && etag === undefined)
      return refuse(request, response, 404, 'NoSuchKey');
    if (match !== undefined && etag !== match)
      return refuse(request, response, 412, 'PreconditionFailed');
    await new Promise<void>((resolve) => {
      response.on('close', resolve);
      handler(request, response);
    });
  };
  return (request, response) => {
    if (request.method === 'PUT') last = last.then(() => put(request, response));
    else handler(request, response);
  };
}

/** Answers with an error of S3. */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  code: string,
): void {
  request.resume();
  response
    .writeHead(status, { 'content-type': 'application/xml' })
    .end(
      `<?xml version="1.0"?><Error><Code>${code}</Code><Message>the secret ` +
        'message</Message></Error>',
    );
}

function fileOf(folder: string, key: string): string {
  return join(folder, `${key}._S3rver_object`);
}

function etagOf(folder: string, url: string): string | undefined {
  const file = fileOf(folder, decodeURIComponent(url.split('?')[0]!));
  try {
    return JSON.stringify(readFileSync(`${file}.md5`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Bucket and key of an object, as in its URL. */
export function objectKey(bucket: Bucket, path: string): string {
  return `${bucket.path.replace('s3://', '')}/${path}`;
}

export const encode = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Name and message of the error. */
export function messageOf(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => 'no error',
    (error: Error) => `${error.name}: ${error.message}`,
  );
}
