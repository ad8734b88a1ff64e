// By name, written by hand: the floor of what the SDK does for a model by name.
import { callWorker } from './call-worker.js';

export async function open({ name, threads, output }) {
  const worker = new Worker(new URL('./verified-worker.js', import.meta.url), { type: 'module' });
  const call = callWorker(worker);
  const { timing, compiled } = await call({
    open: { name, threads, compiled: globalThis.keptWasm },
  });
  // A browser shares compiled code with later workers while somebody has the module.
  globalThis.keptWasm = compiled;
  return {
    timing,
    run: (feeds) => call({ feeds, output }),
    end: () => call({ end: true }).then(() => worker.terminate()),
  };
}
