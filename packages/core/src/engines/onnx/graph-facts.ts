import { walkOnnx } from '@perigee/registry';
import type { OnnxModel } from '@perigee/registry';

/** Above this many nodes optimising takes longer than it saves: it is not linear in them (100,000 in a chain: over 20 s, 8 s without). */
const MANY_NODES = 20_000;

/** Files the tensors of an ONNX model lie in when they are not in the model itself. What is no readable model refers to none: opening it says why. */
export function externalFiles(model: Uint8Array): readonly string[] {
  // A path out of the model's own folder is none of its files.
  return walked(model)?.externalFiles.filter((path) => !/^([a-z][a-z0-9+.-]*:|\/|\\)|(^|[/\\])\.\.([/\\]|$)/i.test(path)) ?? [];
}

export function hasManyNodes(model: Uint8Array): boolean {
  return Object.values(walked(model)?.operators ?? {}).reduce((sum, count) => sum + count, 0) > MANY_NODES;
}

function walked(model: Uint8Array): OnnxModel | null {
  try {
    return walkOnnx(model);
  } catch {
    return null;
  }
}
