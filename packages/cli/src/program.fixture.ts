import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const MODELS = fileURLToPath(new URL('../../../models', import.meta.url));
export const WDBC = join(MODELS, 'wdbc/versions/1.0.0/model.onnx');
/** The command that packages install. */
export const BIN = fileURLToPath(new URL('../bin/perigee.js', import.meta.url));
