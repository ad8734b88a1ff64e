import { PerigeeError } from '../../error.ts';
import type { Tf } from './backend.ts';
import { damaged } from './graph-def.ts';
import { HOW_TO_CONVERT, isJsonObject } from './keras-form.ts';
import type { Json, JsonObject } from './keras-form.ts';

/**
 * Names all layers and activations that TensorFlow.js lacks. Its own error names only the first.
 * @throws PerigeeError UNSUPPORTED_OPERATOR
 */
export function checkLayers(tf: Tf, model: JsonObject, entry: string): void {
  const known = tf.serialization.SerializationMap.getMap().classNameMap;
  const layers = new Map<string, string[]>();
  const activations = new Set<string>();
  for (const { className, name, config } of layersIn(model)) {
    if (!Object.hasOwn(known, className))
      layers.set(className, [...(layers.get(className) ?? []), name]);
    for (const [key, value] of Object.entries(config)) {
      if (
        /(^|_)activation$/.test(key) &&
        typeof value === 'string' &&
        !Object.hasOwn(known, camelCase(value))
      )
        activations.add(value);
    }
  }
  if (layers.size === 0 && activations.size === 0) return;
  const said = [
    layers.size > 0 && `the layers ${[...layers].map(used).join(', ')}`,
    activations.size > 0 && `the activations ${[...activations].join(', ')}`,
  ].filter(Boolean);
  const operators = [...layers.keys(), ...activations];
  throw new PerigeeError(
    'UNSUPPORTED_OPERATOR',
    `"${entry}" needs ${said.join(' and ')}, which TensorFlow.js does not have. Layers ` +
      `of your own cannot be added here. ${HOW_TO_CONVERT}`,
    { details: { operators, operator: operators[0] } },
  );
}

/**
 * Goes through the calls of layers as TensorFlow.js does, to find calls that wait for a tensor that
 * no layer makes. TensorFlow.js would never finish with these.
 * @throws PerigeeError WRONG_CONTENT
 */
export function checkCalls(model: JsonObject, entry: string): void {
  for (const { className, name, config } of layersIn(model)) {
    const layers = config['layers'];
    if (className === 'Sequential' || !Array.isArray(layers)) continue;
    const waiting = unfinishedCalls(layers as readonly JsonObject[]);
    if (waiting.length > 0)
      throw damaged(
        entry,
        `in its model "${name}" the layers ` +
          `${waiting.map((one) => `"${one}"`).join(', ')} wait for tensors that no layer ` +
          'makes',
      );
  }
}

function used([className, names]: readonly [string, readonly string[]]): string {
  return `${className} (${names.map((name) => `"${name}"`).join(', ')})`;
}

interface Layer {
  readonly className: string;
  readonly name: string;
  readonly config: JsonObject;
}

/** A model, and all layers in it at any depth. */
function* layersIn(value: Json | undefined): Generator<Layer> {
  if (Array.isArray(value)) {
    for (const one of value as readonly Json[]) yield* layersIn(one);
    return;
  }
  if (
    !isJsonObject(value) ||
    typeof value['class_name'] !== 'string' ||
    !isJsonObject(value['config'])
  )
    return;
  const { class_name: className, config } = value;
  yield { className, name: String(value['name'] ?? config['name'] ?? className), config };
  for (const key of Object.keys(config))
    if (/(^|_)(layers?|cells?)$/.test(key)) yield* layersIn(config[key]);
}

function unfinishedCalls(layers: readonly JsonObject[]): readonly string[] {
  // Input layers and models have one call from the start, on their own input.
  const made = new Map(
    layers.map(({ name, class_name: className }) => [
      String(name),
      ['InputLayer', 'Functional', 'Sequential', 'Model'].includes(String(className)) ? 1 : 0,
    ]),
  );
  let waiting = layers.flatMap(({ name, inbound_nodes: calls }) =>
    Array.isArray(calls)
      ? (calls as readonly Json[]).map((call) => ({ name: String(name), needs: needsOf(call) }))
      : [],
  );
  for (let before = Infinity; waiting.length > 0 && waiting.length < before;) {
    before = waiting.length;
    waiting = waiting.filter(({ name, needs }) => {
      if (!needs.every(([layer, call]) => (made.get(layer) ?? 0) > call)) return true;
      made.set(name, (made.get(name) ?? 0) + 1);
      return false;
    });
  }
  return [...new Set(waiting.map(({ name }) => name))];
}

function needsOf(call: Json): readonly (readonly [string, number])[] {
  return Array.isArray(call)
    ? (call as readonly Json[]).map((one) => [
        String((one as readonly Json[])[0]),
        Number((one as readonly Json[])[1]),
      ])
    : [];
}

/** TensorFlow.js reads names in snake case as camel case. */
function camelCase(name: string): string {
  return name.replace(/_+(\w)/g, (_, letter: string) => letter.toUpperCase());
}
