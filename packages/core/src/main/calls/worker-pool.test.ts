import { expect, test, vi } from 'vitest';
import type { Backend } from '../../config.ts';
import { PerigeeError } from '../../error.ts';
import type { OpenWorker } from '../backends/open-worker.ts';
import { createWorkerPool } from './worker-pool.ts';

interface Opening {
  readonly backends: readonly Backend[];
  finish(worker: OpenWorker): void;
}

const openings = vi.hoisted(() => [] as Opening[]);
vi.mock('../backends/open-worker.ts', () => ({
  openWorker: (_runtime: unknown, _recipe: unknown, backends: readonly Backend[]) =>
    new Promise<OpenWorker>((finish) => openings.push({ backends, finish })),
}));

/** A worker that answers each call with its backend, or fails each with `fault`. */
function workerOn(backend: Backend, fault?: PerigeeError): OpenWorker {
  const connection = {
    ended: undefined as PerigeeError | undefined,
    end: (error: PerigeeError) => (connection.ended ??= error),
    call: async () => undefined,
    calls: {
      pending: 0,
      send(_call: unknown, on: { resolve(answer: unknown): void; reject(error: unknown): void }) {
        setImmediate(() => (fault ? on.reject(fault) : on.resolve(backend)));
        return 1;
      },
    },
  };
  return { connection, opened: { backend, idPrefix: '' } } as never;
}

test('a worker that was being opened on a backend that failed meanwhile is replaced', async () => {
  const lost = new PerigeeError('DEVICE_LOST', 'The GPU was lost.');
  const pool = createWorkerPool(workerOn('webgpu', lost), {
    runtime: {} as never,
    name: 'digits',
    recipe: {} as never,
    size: 2,
    maxQueue: 9,
    idleReleaseMs: null,
    backends: ['webgpu', 'wasm'],
    onFallback: () => openings[0]!.finish(late),
  });
  const late = workerOn('webgpu');
  const input = { kind: 'list', values: [] } as const;
  const call = pool.call(
    { encode: () => ({ input, transfer: [], lent: false }), release: () => undefined },
    {},
  );
  await expect.poll(() => openings.length).toBe(2);
  openings[1]!.finish(workerOn('wasm'));
  expect(await call).toMatchObject({ answer: 'wasm' });
  expect(late.connection.ended).toMatchObject({
    code: 'WORKER_CRASHED',
    details: { replaced: true },
  });
  expect(pool.backend).toBe('wasm');
  expect(openings.map(({ backends }) => backends)).toEqual([['webgpu'], ['wasm'], ['wasm']]);
});
