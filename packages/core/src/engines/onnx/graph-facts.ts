import { walkOnnx } from '@perigee/registry';
import type { ExternalSpan, OnnxModel, Signature } from '@perigee/registry';
import { companionPath } from '../companion-path.ts';
import { rewriteModel } from './rewrite-model.ts';

/**
 * Above this many nodes, optimising takes longer than it saves: its time is not linear in the
 * number of nodes. A chain of 100,000 nodes opens in over 20 s with optimising, and in 8 s without.
 */
const MANY_NODES = 20_000;

/**
 * Paths of the files with the external data of an ONNX model. Empty for bytes that are no readable
 * model; opening them reports the fault.
 * @throws PerigeeError UNSUPPORTED_MODEL for a path that leads out of the model's folder
 */
export function externalFiles(model: Uint8Array): readonly string[] {
  return [...new Set((walked(rewrittenOf(model))?.externalFiles ?? []).map(companionPath))];
}

/** The tensors of a model whose values are in other files. */
export function externalTensors(model: Uint8Array): readonly ExternalSpan[] {
  return walked(model)?.externalTensors ?? [];
}

export function hasManyNodes(model: Uint8Array): boolean {
  return (
    Object.values(walked(model)?.operators ?? {}).reduce((sum, count) => sum + count, 0) >
    MANY_NODES
  );
}

/** The inputs and outputs in the file. Null for a file that is no ONNX model, such as .ort. */
export function fileSignature(model: Uint8Array): Signature | null {
  return walked(model);
}

/** The model without the kinds of outputs that walkOnnx refuses. */
function rewrittenOf(model: Uint8Array): Uint8Array {
  try {
    return rewriteModel(model).model;
  } catch {
    return model;
  }
}

/** Several facts are read of a model while it is opened. */
const walks = new WeakMap<Uint8Array, OnnxModel | null>();

function walked(model: Uint8Array): OnnxModel | null {
  let walk = walks.get(model);
  if (walk === undefined) walks.set(model, (walk = walkOrNull(model)));
  return walk;
}

function walkOrNull(model: Uint8Array): OnnxModel | null {
  try {
    return walkOnnx(model);
  } catch {
    return null;
  }
}
