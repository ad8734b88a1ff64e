import { PerigeeError } from '../../error.ts';
import { damaged } from './graph-def.ts';

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Maximum depth of a configuration. No model is nested deeper; it would exhaust the stack. */
export const MAX_DEPTH = 100;

/**
 * Advice for all Keras configurations that TensorFlow.js cannot read: convert to a graph model or
 * to ONNX.
 */
export const HOW_TO_CONVERT =
  'Convert the model to a graph model instead: in Python, call `model.export("saved")`, ' +
  'then run `tensorflowjs_converter --input_format=tf_saved_model saved web_model`. Or ' +
  'convert it to ONNX with tf2onnx.';

export interface Context {
  readonly entry: string;
  readonly isKeras3: boolean;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function hasKeras3Form(value: Json | undefined, depth: number, entry: string): boolean {
  if (depth > MAX_DEPTH)
    throw damaged(entry, `its configuration is nested more than ${MAX_DEPTH} deep`);
  if (Array.isArray(value))
    return (value as readonly Json[]).some((one) => hasKeras3Form(one, depth + 1, entry));
  if (!isJsonObject(value)) return false;
  if (
    'batch_shape' in value ||
    value['class_name'] === 'DTypePolicy' ||
    value['class_name'] === '__keras_tensor__'
  )
    return true;
  return Object.values(value).some((one) => hasKeras3Form(one, depth + 1, entry));
}

export function unsupported({ entry }: Context, what: string): PerigeeError {
  return new PerigeeError(
    'UNSUPPORTED_MODEL',
    `"${entry}" has ${what}. TensorFlow.js cannot load that as a layers model. ${HOW_TO_CONVERT}`,
    { details: { entry } },
  );
}
