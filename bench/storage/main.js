/** One task in a worker of its own, as every load has it. */
globalThis.storage = (task) => new Promise((resolve, reject) => {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data: { ms, error } }) => {
    worker.terminate();
    if (error) reject(new Error(error));
    else resolve(ms);
  };
  worker.postMessage(task);
});
document.title = 'ready';
