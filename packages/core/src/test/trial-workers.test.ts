import { loadModel } from 'perigee';
import { expect, test, vi } from 'vitest';
import { inputOf, layersOverPositions } from './slow-model.fixture.ts';

const MODEL = layersOverPositions();
/** A call of this size takes plain JavaScript much longer than a frame. */
const SLOW = { x: inputOf(2_500) };

/** Threads of this process. */
function threads(): number {
  Object.assign(process.report, { excludeNetwork: true });
  return (process.report.getReport() as { workers: unknown[] }).workers.length;
}

/**
 * A slow call on plain JavaScript starts the search: it is measured in a second worker, then native
 * is tried, then wasm. The worker of native is kept while wasm is tried.
 */
test.each([
  ['while the model in use is measured', null],
  ['while native is tried', 'cpu'],
  ['while native has passed and wasm is tried', 'native'],
])('dispose() %s leaves no worker behind', async (_when, measured) => {
  const before = threads();
  const model = await loadModel(MODEL);
  const isDue = new Promise<void>((resolve) => {
    model.on('trial', ({ backend, verdict }) => {
      if (backend === measured && verdict === 'passed') resolve();
    });
  });
  await model.predict(SLOW);
  if (measured !== null) await isDue;
  await model.dispose();
  await vi.waitFor(() => expect(threads()).toBe(before), { timeout: 60_000, interval: 20 });
});
