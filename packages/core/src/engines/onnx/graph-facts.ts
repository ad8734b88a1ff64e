import { walkOnnx } from '@perigee/registry';
import type { OnnxModel, Signature } from '@perigee/registry';
import { companionPath } from '../companion-path.ts';
import { rewriteModel } from './rewrite-model.ts';

/** Above this many nodes optimising takes longer than it saves: it is not linear in them (100,000 in a chain: over 20 s, 8 s without). */
const MANY_NODES = 20_000;

/**
 * Files the tensors of an ONNX model lie in when they are not in the model itself. Bytes that are no
 * readable model refer to none: opening them says why.
 * @throws PerigeeError UNSUPPORTED_MODEL for a path that leads out of the model's folder
 */
export function externalFiles(model: Uint8Array): readonly string[] {
  return [...new Set((walked(rewrittenOf(model))?.externalFiles ?? []).map(companionPath))];
}

export function hasManyNodes(model: Uint8Array): boolean {
  return Object.values(walked(model)?.operators ?? {}).reduce((sum, count) => sum + count, 0) > MANY_NODES;
}

/** The inputs and outputs as the file has them. Null when it is no ONNX model, as an .ort file. */
export function fileSignature(model: Uint8Array): Signature | null {
  return walked(model);
}

/** Without the outputs that the walk does not take. */
function rewrittenOf(model: Uint8Array): Uint8Array {
  try {
    return rewriteModel(model).model;
  } catch {
    return model;
  }
}

function walked(model: Uint8Array): OnnxModel | null {
  try {
    return walkOnnx(model);
  } catch {
    return null;
  }
}
