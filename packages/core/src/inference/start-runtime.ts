import type { Engines } from '../engines/load-engine.ts';
import type { OpenOptions } from '../rpc/protocol.ts';
import { sessionOptions } from './open-session.ts';

/**
 * Starts the runtime for ONNX models on the first of the backends.
 * @throws PerigeeError BACKEND_UNAVAILABLE
 */
export async function startRuntime(engines: Engines, options: OpenOptions): Promise<void> {
  const { backends: [backend = 'wasm'] } = options;
  const engine = await engines.find('model.onnx', backend).load();
  await engine.prepare(sessionOptions(backend, options));
}
