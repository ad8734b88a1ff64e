import { walkOnnx } from '@perigee/registry';

/** Files the tensors of an ONNX model lie in when they are not in the model itself. What is no readable model refers to none: opening it says why. */
export function externalFiles(model: Uint8Array): readonly string[] {
  try {
    return walkOnnx(model).externalFiles.filter((path) => !/^([a-z][a-z0-9+.-]*:|\/|\\)|(^|[/\\])\.\.([/\\]|$)/i.test(path));
  } catch {
    return [];
  }
}
