import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import sirv from 'sirv';
import { OFFLINE_APP, REGISTRY } from './paths.ts';

/** A request, with the bytes of its answer's body. */
export interface Served {
  readonly path: string;
  readonly status: number;
  readonly bytes: number;
}

export interface AppHost {
  readonly url: string;
  /** Every request that was answered since the last `forget()`. */
  readonly served: readonly Served[];
  /** Requests that wait for their answer now, with those that are held. */
  readonly waiting: readonly string[];
  forget(): void;
  /** Serves another build from now on. The files of the build before are gone. */
  deploy(build: Build): void;
  /** Takes these paths from another build, as hosts do in the middle of a deployment. */
  takeFrom(build: Build, matches: Matches): void;
  /** Answers these paths with the page, as hosts of apps with routes do for absent files. */
  answerWithPage(matches: Matches): void;
  /** Leaves these paths without an answer. Drops the connections that were left so before. */
  hold(matches: Matches): void;
  stop(): Promise<void>;
  /** Serves again, at the same address. */
  resume(): Promise<void>;
}

const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};
const nothing: Matches = () => false;

type Matches = (path: string) => boolean;
type Build = (typeof OFFLINE_APP.builds)[number];
type Files = ReturnType<typeof sirv>;

/** A build as a static host serves it: files with a hash in their name for ever, others by tag. */
function filesOf(folder: string): Files {
  return sirv(folder, {
    dev: true,
    etag: true,
    setHeaders(response, path) {
      for (const [name, value] of Object.entries(ISOLATION)) response.setHeader(name, value);
      const isHashed = path.startsWith('/assets/');
      response.setHeader(
        'cache-control',
        isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
    },
  });
}

/** Serves a build of the app, and the demo registry beside it. Counts what it sends. */
export async function startAppHost(first: Build): Promise<AppHost> {
  const builds = new Map(
    OFFLINE_APP.builds.map((name) => [name, filesOf(join(OFFLINE_APP.built, name))]),
  );
  const registry = sirv(REGISTRY, { dev: true });
  let served: Served[] = [];
  let current = first;
  let other: { build: Build; matches: Matches } = { build: first, matches: nothing };
  let isPage = nothing;
  let isHeld = nothing;
  const held = new Set<Socket>();
  const waiting = new Map<ServerResponse, string>();
  const server = createServer((request, response) => {
    const { pathname: path } = new URL(request.url ?? '/', 'http://host');
    waiting.set(response, path);
    response.on('close', () => waiting.delete(response));
    if (isHeld(path)) return void held.add(request.socket);
    count(response, (status, bytes) => served.push({ path, status, bytes }));
    const absent = (): void => {
      response.writeHead(404);
      response.end('not found');
    };
    if (path.startsWith('/registry/')) {
      request.url = path.slice('/registry'.length);
      return registry(request, response, absent);
    }
    if (isPage(path)) {
      request.url = '/index.html';
      // Some hosts let browsers keep such an answer.
      response.setHeader('cache-control', 'public, max-age=31536000');
      const page = sirv(join(OFFLINE_APP.built, current), { dev: true });
      return page(request, response, absent);
    }
    return builds.get(other.matches(path) ? other.build : current)?.(request, response, absent);
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    get served() {
      return served;
    },
    get waiting() {
      return [...waiting.values()];
    },
    forget() {
      served = [];
    },
    deploy(build) {
      current = build;
    },
    takeFrom(build, matches) {
      other = { build, matches };
    },
    answerWithPage(matches) {
      isPage = matches;
    },
    hold(matches) {
      isHeld = matches;
      for (const socket of held) socket.destroy();
      held.clear();
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    resume: () => listen(port),
  };
}

/** Counts the bytes of a body as they are written. */
function count(response: ServerResponse, done: (status: number, bytes: number) => void): void {
  let bytes = 0;
  const write = response.write.bind(response);
  const end = response.end.bind(response);
  const add = (chunk: unknown): void => {
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) bytes += chunk.length;
  };
  Object.assign(response, {
    write: (...args: Parameters<typeof write>) => (add(args[0]), write(...args)),
    end: (...args: Parameters<typeof end>) => (add(args[0]), end(...args)),
  });
  response.on('close', () => done(response.statusCode, bytes));
}
