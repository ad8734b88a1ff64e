/** Hand-written requests to a worker: each call has a number, and answers come in any order. */
export function callWorker(worker) {
  const waiting = new Map();
  let ids = 0;
  worker.onmessage = ({ data }) => {
    waiting.get(data.id).resolve(data);
    waiting.delete(data.id);
  };
  worker.onerror = (event) => {
    for (const { reject } of waiting.values()) reject(new Error(event.message));
  };
  return (message, transfer = []) =>
    new Promise((resolve, reject) => {
      const id = ids++;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, ...message }, transfer);
    });
}
