import { callWorker } from './call-worker.js';

export async function open({ url, threads, output }) {
  const worker = new Worker(new URL('./stored-apart-worker.js', import.meta.url), {
    type: 'module',
  });
  const call = callWorker(worker);
  const { timing } = await call({ open: { url, threads } });
  return { timing, run: (feeds) => call({ feeds, output }), end: () => worker.terminate() };
}
