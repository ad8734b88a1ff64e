import { TFJS_ENGINES } from '../engines/tfjs-engines.ts';
import { exposeApi } from '../rpc/expose.ts';
import { createPredictor } from './predictor.ts';

exposeApi(createPredictor(TFJS_ENGINES));
