import { createPerigee, loadModel } from 'perigee';
import type { LoadModelOptions, Model, Perigee, PerigeeConfig } from 'perigee';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';
import { sumModel } from './working-model.fixture.ts';

/** A worker with a small model counts as a little more than 32 MB. */
export const ROOM_FOR_ONE = 40;
export const ROOM_FOR_TWO = 70;
export const ROOM_FOR_THREE = 105;

/**
 * The file does not say the shape of its input, so how long a run takes is not known and the model
 * opens in a worker.
 */
export const WORKER = { backend: 'cpu' } as const;

export function bytesOf(factor: number, size?: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(sumModel(factor, size).parts[0]!);
}

export interface Host {
  /** The address of a model whose answer is `factor` times the sum of its input. */
  addressOf(factor: number): string;
  /** Paths of which a second request is refused. */
  readonly answersOnce: Set<string>;
  /** Methods and paths of the requests, in order. */
  readonly requests: string[];
  /** When `HEAD` requests are answered; default: at once. */
  headsAfter: Promise<unknown> | undefined;
}

export async function host(size?: number): Promise<Host> {
  const answersOnce = new Set<string>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const { method, url = '' } = request;
    const isOver = answersOnce.has(url) && requests.some((before) => before.endsWith(url));
    requests.push(`${method} ${url}`);
    const bytes = bytesOf(Number(/\d+/.exec(url)?.[0]), size);
    const answer = (): void => {
      response.writeHead(isOver ? 410 : 200, { 'content-length': isOver ? 0 : bytes.length });
      response.end(isOver || method === 'HEAD' ? undefined : bytes);
    };
    if (method === 'HEAD' && hosted.headsAfter) void hosted.headsAfter.then(answer);
    else answer();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const hosted: Host = {
    addressOf: (factor) => `http://127.0.0.1:${port}/${factor}.onnx`,
    answersOnce,
    requests,
    headsAfter: undefined,
  };
  return hosted;
}

/** A Perigee, and the models that gave their workers back. */
export function budgeted(config: PerigeeConfig) {
  const perigee = createPerigee(config);
  onTestFinished(() => perigee.dispose());
  const released: string[] = [];
  perigee.on('released', ({ model }) => released.push(model));
  return { perigee, released, until: (name: string) => until(perigee, released, name) };
}

async function until(perigee: Perigee, released: readonly string[], name: string): Promise<void> {
  while (!released.includes(name))
    await new Promise<void>((resolve) => perigee.on('released', () => resolve()));
}

export async function load(
  source: Parameters<typeof loadModel>[0],
  options: LoadModelOptions = WORKER,
): Promise<Model> {
  const model = (await loadModel(source, options)) as Model;
  onTestFinished(() => model.dispose());
  return model;
}

export async function sumOf(model: Model, ...data: readonly number[]): Promise<number> {
  const { outputs } = await model.predict({
    x0: { dtype: 'float32', shape: [1, data.length], data: Float32Array.from(data) },
  });
  return Number(outputs['y0']?.data[0]);
}

/** Counts the worker threads of this process from now on. */
export function watchThreads(): { readonly most: number; readonly started: number } {
  let alive = 0;
  const threads = { most: 0, started: 0 };
  const onWorker = (worker: Worker): void => {
    alive += 1;
    threads.started += 1;
    threads.most = Math.max(threads.most, alive);
    worker.once('exit', () => (alive -= 1));
  };
  process.on('worker', onWorker);
  onTestFinished(() => void process.off('worker', onWorker));
  return threads;
}
