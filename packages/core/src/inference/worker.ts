import { ONNX_ENGINES } from '../engines/onnx-engines.ts';
import { exposeApi } from '../rpc/expose.ts';
import { createPredictor } from './predictor.ts';
import { isThreadOfRuntime, startThread } from '../engines/onnx/thread.ts';

// ONNX Runtime starts its wasm threads from its own script. If a bundler put this worker and the
// runtime into one file, the threads start from this script.
if (isThreadOfRuntime()) startThread();
else exposeApi(createPredictor(ONNX_ENGINES));
