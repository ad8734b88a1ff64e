import * as Comlink from 'comlink';

export async function open({ url, threads, output }) {
  const worker = new Worker(new URL('./comlink-worker.js', import.meta.url), { type: 'module' });
  const remote = Comlink.wrap(worker);
  await remote.open(url, threads);
  return { run: (feeds) => remote.run(feeds, output), end: () => worker.terminate() };
}
