import type { Engines } from '../engines/load-engine.ts';
import { PerigeeError } from '../error.ts';
import type { OpenOptions } from '../rpc/inference-api.ts';
import { sessionOptions } from './early-start.ts';

/**
 * Starts the runtime for ONNX models on the first backend of the options.
 * @throws PerigeeError BACKEND_UNAVAILABLE, INVALID_CONFIG
 */
export async function startRuntime(engines: Engines, options: OpenOptions): Promise<void> {
  checkWasmUrl(options);
  const {
    backends: [backend = 'wasm'],
  } = options;
  const engine = await engines.find('model.onnx', backend).load();
  await engine.prepare(sessionOptions(backend, options));
}

/**
 * Refuses a wrong `wasmUrl`, even if this device does not need it. In browsers the URL may be
 * relative.
 * @throws PerigeeError INVALID_CONFIG
 */
export function checkWasmUrl({ wasmUrl }: Pick<OpenOptions, 'wasmUrl'>): void {
  if (wasmUrl === null || URL.canParse(wasmUrl, 'https://base.invalid/')) return;
  throw new PerigeeError(
    'INVALID_CONFIG',
    `The option wasmUrl is ${JSON.stringify(wasmUrl)}, which is not a URL. Give the URL of the ` +
      'folder with the wasm files, with a slash at its end, such as "https://host/wasm/".',
  );
}
