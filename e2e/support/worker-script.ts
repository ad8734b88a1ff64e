/** Whether a path is the built script of the inference worker. */
export function isInferenceWorker(path: string): boolean {
  return /\/assets\/inference-worker-[^/]*\.js$/.test(path);
}

/** For `host.tamper`: runs `code` in the worker before the worker's own script. */
export function prefixScript(code: () => void): (bytes: Buffer) => Buffer {
  return (bytes) => Buffer.concat([Buffer.from(`(${code.toString()})();\n`), bytes]);
}
