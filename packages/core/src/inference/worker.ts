import { ONNX_ENGINES } from '../engines/onnx-engines.ts';
import { exposeApi } from '../rpc/expose.ts';
import { createPredictor } from './predictor.ts';

exposeApi(createPredictor(ONNX_ENGINES));
