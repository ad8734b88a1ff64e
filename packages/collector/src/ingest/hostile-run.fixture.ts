import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { createPublishedModels } from '../published-models.ts';
import {
  ATTACKS,
  goodProfile,
  MODEL,
  OTHER,
  underTheIdOf,
  upload,
} from './hostile-uploads.fixture.ts';
import type { Chance, Published } from './hostile-uploads.fixture.ts';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const AT_ONCE = 8;
const DRIPS = 20;

/**
 * Publishes two models, the second without a reference, which is faster than publishing all models
 * of the demo.
 */
const PUBLISH = `
  const { heldRelease, initRegistry, pack, publish, temporaryKeys } = await import('@perigee/cli');
  const publisher = { to: process.argv[1], keys: await temporaryKeys() };
  await initRegistry(publisher);
  const at = 'models/wdbc/versions/1.0.0/';
  const model = { version: '1.0.0', model: at + 'model.onnx', golden: at + 'golden.json' };
  const described = { reference: 'models/wdbc/train.csv', exclude: ['diagnosis'],
    pipeline: 'models/wdbc/pipeline.json', labels: 'models/wdbc/labels.json' };
  for (const release of [{ ...model, ...described, name: '${MODEL}' }, { ...model, name: '${OTHER}' }]) {
    await publish(heldRelease(await pack(release, () => undefined)), publisher, 'stable');
  }`;

type PublishedRegistry = Published & { readonly registry: string };

/** Publishes both models into a registry in `folder`. */
async function publishModels(folder: string): Promise<PublishedRegistry> {
  const registry = join(folder, 'registry');
  const args = ['--input-type=module', '-e', PUBLISH, registry];
  await promisify(execFile)(process.execPath, args, { cwd: ROOT });
  const { reference } = (await createPublishedModels(registry, { logger: console }).find(
    MODEL,
    '1.0.0',
  ))!;
  return { registry, reference: reference!.profile, referenceId: reference!.id };
}

/** Publishes both models once for all tests of a file, in a folder that is removed afterwards. */
export function publishedOnce(): () => { folder: string; published: PublishedRegistry } {
  let folder = '';
  let published: PublishedRegistry;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'perigee-hostile-'));
    published = await publishModels(folder);
  }, 300_000);
  afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return () => ({ folder, published });
}

export interface Sent {
  readonly what: string;
  readonly body: Uint8Array;
  readonly status: number;
  readonly code: string | undefined;
  readonly isNew: boolean;
  readonly ms: number;
}

type Waiting = Pick<Sent, 'what' | 'body'>;

/** About `count` uploads: attacks of every kind, mixed with valid ones. */
export function mixedUploads(by: Chance, count: number): readonly Waiting[] {
  const attacks = Object.entries(ATTACKS);
  const good = (): Waiting => {
    const body = upload(by, [goodProfile(by)], by.next() < 0.1 ? { 'queue-full': 2 } : {});
    return { what: 'good', body };
  };
  const queue = Array.from({ length: count }, (_, i): Waiting => {
    const [what, make] = attacks[i % attacks.length]!;
    return i % 3 === 0 || by.next() < 0.05 ? good() : { what, body: make(by) };
  });
  // Each attack is sent at least three times.
  for (const [what, make] of attacks) {
    for (let i = 0; i < 3; i += 1) queue.push({ what, body: make(by) });
  }
  // Repeat some batches, and send other batches under known ids.
  for (let i = 0; i < 60; i += 1) queue.push({ what: 'again', body: by.one(queue).body });
  for (let i = 0; i < 60; i += 1) {
    queue.push({ what: 'under a known id', body: underTheIdOf(by, by.one(queue).body) });
  }
  return queue;
}

/** Sends all uploads, several at once, while other connections send bodies that never end. */
export async function sendAll(url: string, queue: readonly Waiting[]): Promise<readonly Sent[]> {
  const drips = Array.from({ length: DRIPS }, (_, i) => drip(url, i));
  const sent: Sent[] = [];
  let at = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = queue[at++]; next; next = queue[at++]) {
        sent.push({ ...next, ...(await post(url, next.body)) });
      }
    }),
  );
  for (const socket of drips) socket.destroy();
  return sent;
}

export async function post(url: string, body: Uint8Array): Promise<Omit<Sent, 'what' | 'body'>> {
  const start = performance.now();
  const headers = { 'content-type': 'text/plain' };
  const request = { method: 'POST', body: body as BodyInit, headers };
  const response = await fetch(new URL('v1/profiles', url), request);
  const answer = (await response.json()) as { duplicate?: boolean; error?: { code: string } };
  const ms = performance.now() - start;
  const isNew = answer.duplicate === false;
  return { status: response.status, code: answer.error?.code, isNew, ms };
}

/** Sends a body that never ends, one byte at a time. */
function drip(url: string, i: number): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  const headers = `host: x\r\ncontent-type: text/plain\r\ncontent-length: ${200 + i}`;
  socket.write(`POST /v1/profiles HTTP/1.1\r\n${headers}\r\n\r\n`);
  const timer = setInterval(() => socket.write('\u0001'), 100);
  socket.on('close', () => clearInterval(timer));
  return socket;
}

const COLLECTOR = new URL('../../dist/index.js', import.meta.url).href;
const PROCESS = `
  const { startCollector } = await import(${JSON.stringify(COLLECTOR)});
  const faults = [];
  const textOf = (one) => String(one?.stack ?? one);
  const logger = { error: (...what) => faults.push(what.map(textOf).join(' ')) };
  const options = JSON.parse(process.argv[2]);
  const collector = await startCollector({ ...options, port: 0, uploadsPerMinute: 1e9, logger });
  let most = 0;
  setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
  process.on('message', async (question) => {
    if (question === 'rss') return process.send({ now: process.memoryUsage().rss, most });
    await collector.close();
    process.send(faults);
    process.disconnect();
    process.exit(0);
  });
  process.send(collector.url);`;

/** A collector in its own process, which reports its memory and its internal errors. */
export async function startWatched(folder: string, options: object) {
  const script = join(folder, 'process.mjs');
  await writeFile(script, PROCESS);
  const child = fork(script, [JSON.stringify(options)], { execArgv: [] });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const told = async <T>(question?: string): Promise<T> => {
    const answer = once(child, 'message') as Promise<[T]>;
    if (question !== undefined) child.send(question);
    const failed = ended.then(() => Promise.reject(new Error('the collector ended')));
    const [first] = await Promise.race([answer, failed]);
    return first;
  };
  const url = await told<string>();
  const rss = () => told<{ now: number; most: number }>('rss');
  return { url, rss, close: () => told<string[]>('close') };
}
