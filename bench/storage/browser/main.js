/** Runs one task in a worker of its own, like every load. */
globalThis.storage = (task) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data: { ms, error } }) => {
      worker.terminate();
      if (error) reject(new Error(error));
      else resolve(ms);
    };
    worker.postMessage(task);
  });
document.title = 'ready';
