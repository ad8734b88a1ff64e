import { callWorker } from './call-worker.js';

export async function open({ url, threads, output }) {
  const worker = new Worker(new URL('./raw-worker.js', import.meta.url), { type: 'module' });
  const call = callWorker(worker);
  await call({ open: { url, threads } });
  return {
    run: (feeds) => call({ feeds, output }),
    /** Copies the arrays first, so that the caller keeps them, and moves the copies. */
    runTransferred(feeds) {
      const copies = Object.fromEntries(
        Object.entries(feeds).map(([name, { dtype, shape, data }]) => [
          name,
          { dtype, shape, data: data.slice() },
        ]),
      );
      return call(
        { feeds: copies, output },
        Object.values(copies).map(({ data }) => data.buffer),
      );
    },
    end: () => worker.terminate(),
  };
}
