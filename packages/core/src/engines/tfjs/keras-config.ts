import { damaged } from './graph-def.ts';
import { inboundNode, placesIn } from './keras-calls.ts';
import { hasKeras3Form, isJsonObject, MAX_DEPTH, unsupported } from './keras-form.ts';
import type { Context, Json, JsonObject } from './keras-form.ts';

const MODELS = new Set(['Functional', 'Sequential', 'Model']);

const DTYPES: Readonly<Record<string, string>> = {
  float16: 'float32',
  float64: 'float32',
  bfloat16: 'float32',
  mixed_float16: 'float32',
  mixed_bfloat16: 'float32',
  int8: 'int32',
  int16: 'int32',
  int64: 'int32',
  uint8: 'int32',
  uint16: 'int32',
  uint32: 'int32',
  uint64: 'int32',
};

/** Names in Keras 3 → names in Keras 2, which TensorFlow.js knows. */
const ACTIVATIONS: Readonly<Record<string, string>> = { silu: 'swish' };

export interface KerasConfig {
  /** A model's configuration in the form of Keras 2. */
  readonly config: JsonObject;
  readonly isKeras3: boolean;
}

/**
 * Converts a Keras configuration of version 2 or 3 to the form that TensorFlow.js reads. Parts for
 * training only are left out: initializers, regularizers and constraints of weights.
 * @throws PerigeeError WRONG_CONTENT, or UNSUPPORTED_MODEL where the form of Keras 2 cannot say
 * the same
 */
export function kerasConfig(topology: object, entry: string): KerasConfig {
  const outer = topology as JsonObject;
  const model = isJsonObject(outer['model_config']) ? outer['model_config'] : outer;
  const isKeras3 =
    /^([3-9]|\d{2,})\./.test(String(outer['keras_version'] ?? '')) ||
    hasKeras3Form(model, 0, entry);
  return { config: rewriteLayer(model, { entry, isKeras3 }, 0), isKeras3 };
}

/** Rewrites { class_name, config, name, inbound_nodes } of a layer. A model is a layer, too. */
function rewriteLayer(layer: JsonObject, context: Context, depth: number): JsonObject {
  const { class_name: className, config, name, inbound_nodes: inbound } = layer;
  if (typeof className !== 'string' || (!isJsonObject(config) && !Array.isArray(config)))
    throw damaged(
      context.entry,
      'its configuration has a layer without "class_name" and "config": ' +
        `${JSON.stringify(layer).slice(0, 120)}`,
    );
  // Before Keras 2.2 the configuration of a Sequential model was the list of its layers.
  const own = rewriteConfig(
    className,
    isJsonObject(config) ? config : { layers: config as Json },
    context,
    depth + 1,
  );
  const layerName = typeof name === 'string' ? name : own['name'];
  return {
    class_name: className,
    config: own,
    ...(typeof layerName === 'string' && { name: layerName }),
    ...(Array.isArray(inbound) && { inbound_nodes: inbound as Json }),
  };
}

function rewriteConfig(
  className: string,
  config: JsonObject,
  context: Context,
  depth: number,
): JsonObject {
  if (depth > MAX_DEPTH)
    throw damaged(context.entry, `its configuration is nested more than ${MAX_DEPTH} deep`);
  const result: Record<string, Json> = {};
  for (const [key, value] of Object.entries(config)) {
    if (
      key === 'build_config' ||
      key === 'module' ||
      key === 'registered_name' ||
      /_(regularizer|constraint)$/.test(key)
    )
      continue;
    if (key.endsWith('_initializer'))
      result[key] = value === null ? null : { class_name: 'Zeros', config: {} };
    else if (key === 'dtype' && value !== null) result[key] = dtypeName(value);
    else if (key === 'batch_shape') result['batch_input_shape'] = value;
    else if (/(^|_)activation$/.test(key)) result[key] = activationName(value, className, context);
    else if (key === 'layers' && Array.isArray(value))
      result[key] = (value as readonly Json[]).map((one) => nested(one, context, depth));
    else if (isJsonObject(value) && 'class_name' in value && /(^|_)(layer|cell)$/.test(key))
      result[key] = nested(value, context, depth);
    else if (key === 'cells' && Array.isArray(value))
      result[key] = (value as readonly Json[]).map((one) => nested(one, context, depth));
    else result[key] = value;
  }
  return finish(className, result, context);
}

function nested(layer: Json, context: Context, depth: number): JsonObject {
  if (!isJsonObject(layer))
    throw damaged(context.entry, 'its list of layers has something else in it');
  return rewriteLayer(layer, context, depth + 1);
}

/** Renames the fields of some layers, and converts the inputs and outputs of models. */
function finish(className: string, config: Record<string, Json>, context: Context): JsonObject {
  if (
    (className === 'LeakyReLU' || className === 'ELU') &&
    config['alpha'] === undefined &&
    config['negative_slope'] !== undefined
  )
    config['alpha'] = config['negative_slope'];
  if (
    className === 'ReLU' &&
    (Number(config['negative_slope'] ?? 0) !== 0 || Number(config['threshold'] ?? 0) !== 0)
  )
    throw unsupported(context, 'a ReLU layer with a slope or a threshold');
  if (
    className === 'BatchNormalization' &&
    Array.isArray(config['axis']) &&
    config['axis'].length === 1
  )
    config['axis'] = config['axis'][0] as Json;
  const layers = config['layers'];
  if (!MODELS.has(className) || !Array.isArray(layers)) return config;
  const models = new Set(
    (layers as readonly JsonObject[])
      .filter(({ class_name: name }) => MODELS.has(String(name)))
      .map(({ name }) => String(name)),
  );
  config['layers'] = (layers as readonly JsonObject[]).map((layer) =>
    Array.isArray(layer['inbound_nodes'])
      ? {
          ...layer,
          inbound_nodes: (layer['inbound_nodes'] as readonly Json[]).map((node) =>
            inboundNode(node, models, context),
          ),
        }
      : layer,
  );
  for (const side of ['input_layers', 'output_layers'])
    if (config[side] !== undefined) config[side] = placesIn(config[side], models, context);
  return config;
}

function dtypeName(dtype: Json): Json {
  const inner =
    isJsonObject(dtype) && isJsonObject(dtype['config'])
      ? (dtype['config']['name'] ?? 'float32')
      : dtype;
  return typeof inner === 'string' ? (DTYPES[inner] ?? inner) : inner;
}

function activationName(value: Json, className: string, context: Context): Json {
  const own = isJsonObject(value)
    ? typeof value['config'] === 'string'
      ? value['config']
      : (value['class_name'] ?? null)
    : value;
  if (typeof own !== 'string') return own;
  if (context.isKeras3 && own === 'hard_sigmoid')
    throw unsupported(
      context,
      `the activation hard_sigmoid of Keras 3 in a layer ${className}, which is another ` +
        'function than the one of this name in TensorFlow.js',
    );
  return ACTIVATIONS[own] ?? own;
}
