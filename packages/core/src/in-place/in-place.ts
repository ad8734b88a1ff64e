import { ONNX_ENGINES } from '../engines/onnx-engines.ts';
import { included } from '../engines/onnx/web.ts';
import { createPredictor } from '../inference/predictor.ts';
import { exposeApi } from '../rpc/expose.ts';
import { createUpdaterApi } from '../updater/updater-api.ts';
import type { WorkerKind } from '../runtime/runtime.ts';

let warned = false;

// A service worker cannot load a script later.
included.wasm = () => import('onnxruntime-web/wasm');

/**
 * Serves the calls on a port in this thread, like a worker of that kind. Begun work cannot be
 * ended. Returns a function that takes no further calls and frees the memory.
 */
export function serveInPlace(kind: Exclude<WorkerKind, 'tfjs'>, port: MessagePort): () => void {
  if (!warned)
    console.warn(
      'perigee: there is no Worker here, so models run in this thread (model.inPlace). Their ' +
        'runs block it, and a run that does not end cannot be ended.',
    );
  warned = true;
  if (kind === 'updater') {
    exposeApi(createUpdaterApi(), port);
    return () => port.close();
  }
  const predictor = createPredictor(ONNX_ENGINES, port);
  exposeApi(predictor, port);
  return () => {
    port.close();
    // The port is closed, so a failure cannot be reported.
    predictor.close().catch(() => undefined);
  };
}
