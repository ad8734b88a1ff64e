import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import type { AddressInfo, Socket } from 'node:net';
import { contentType } from '../../scripts/content-types.mjs';

export interface StaticHost {
  readonly url: string;
  /** Paths requested since the last `forget()`. */
  readonly requests: readonly string[];
  forget(): void;
  /**
   * Calls `listener` with the path of every request before it is answered. If it returns true, the
   * connection is dropped.
   */
  onRequest(listener: (path: string) => boolean): void;
  /**
   * Leaves requests for matching paths without an answer. Drops the connections that were left
   * so before: Chromium lets the next request for the same path wait 20 s for such a one.
   */
  hold(matches: (path: string) => boolean): void;
  /** Changes the answers for matching paths. */
  tamper(matches: (path: string) => boolean, change: (bytes: Buffer) => Buffer): void;
  close(): Promise<void>;
}

export interface HostOptions {
  readonly isolated?: boolean;
  /**
   * The status for files that do not exist: 404, or 403 as S3 answers without the right to list.
   */
  readonly absent?: 404 | 403;
  /** Whether files come with their size (`Content-Length`). Default: in chunks, without it. */
  readonly sized?: boolean;
  /** Headers that the host sends with every file. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Content types by file ending that replace this host's defaults. */
  readonly types?: Readonly<Record<string, string>>;
}

/**
 * A plain static host on loopback: folders by URL prefix, with or without the headers that isolate
 * a page.
 */
export async function startStaticHost(
  folders: Readonly<Record<string, string>>,
  { isolated = true, headers = {}, absent = 404, types = {}, sized = false }: HostOptions = {},
): Promise<StaticHost> {
  let requests: string[] = [];
  let listener: (path: string) => boolean = () => false;
  let isHeld: (path: string) => boolean = () => false;
  const held = new Set<Socket>();
  let tampering:
    | { matches: (path: string) => boolean; change: (bytes: Buffer) => Buffer }
    | undefined;
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://host').pathname);
    requests.push(path);
    if (listener(path)) return void request.socket.destroy();
    if (isHeld(path)) return void held.add(request.socket);
    const name = path.endsWith('/') ? 'index.html' : path;
    const prefix = Object.keys(folders)
      .filter((known) => path.startsWith(known))
      .toSorted((a, b) => b.length - a.length)[0];
    const file =
      prefix === undefined
        ? undefined
        : join(folders[prefix]!, normalize(path.slice(prefix.length) || 'index.html'));
    (file === undefined ? Promise.reject(new Error('no folder')) : readFile(file)).then(
      (bytes) => {
        const body = tampering?.matches(path) ? tampering.change(bytes) : bytes;
        response.writeHead(200, {
          'content-type': types[extname(name)] ?? contentType(name),
          'cache-control': 'no-cache',
          ...(isolated && {
            'cross-origin-opener-policy': 'same-origin',
            'cross-origin-embedder-policy': 'require-corp',
            'cross-origin-resource-policy': 'same-origin',
          }),
          ...headers,
          ...(sized && { 'content-length': String(body.byteLength) }),
        });
        response.end(body);
      },
      () => response.writeHead(absent, { 'content-type': 'text/plain' }).end('not found'),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    get requests() {
      return requests;
    },
    forget() {
      requests = [];
    },
    onRequest(next) {
      listener = next;
    },
    hold(matches) {
      isHeld = matches;
      for (const socket of held) socket.destroy();
      held.clear();
    },
    tamper(matches, change) {
      tampering = { matches, change };
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
