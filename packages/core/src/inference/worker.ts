import { ONNX_ENGINES } from '../engines/onnx-engines.ts';
import { exposeApi } from '../rpc/expose.ts';
import { createPredictor } from './predictor.ts';
import { isThreadOfRuntime, startThread } from '../engines/onnx/thread.ts';

// ONNX Runtime starts its wasm threads from the script it is in. Where a bundler made one file of this worker and the runtime,
// that script is this one.
if (isThreadOfRuntime()) startThread();
else exposeApi(createPredictor(ONNX_ENGINES));
