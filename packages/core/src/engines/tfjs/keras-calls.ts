import { hasKeras3Form, isJsonObject, unsupported } from './keras-form.ts';
import type { Context, Json } from './keras-form.ts';

/**
 * A tensor in a model: the layer's name, the number of its call, the number of that call's output.
 */
type TensorPlace = readonly [string, number, number];

/** Converts a call from Keras 3, { args, kwargs }, to Keras 2, a list of the input tensors. */
export function inboundNode(node: Json, models: ReadonlySet<string>, context: Context): Json {
  if (!isJsonObject(node)) return node;
  const kwargs = Object.entries(isJsonObject(node['kwargs']) ? node['kwargs'] : {}).filter(
    ([, value]) => value !== null,
  );
  const mentionsTensor = kwargs.find(([, value]) => hasKeras3Form(value, 0, context.entry));
  if (mentionsTensor)
    throw unsupported(context, `a call that is given a tensor as "${mentionsTensor[0]}"`);
  const places = tensorsIn(node['args'] ?? [], context).map((place) => shifted(place, models));
  return places.map(([name, call, output]) => [name, call, output, Object.fromEntries(kwargs)]);
}

function tensorsIn(args: Json, context: Context): readonly TensorPlace[] {
  if (args === null) return [];
  if (Array.isArray(args))
    return (args as readonly Json[]).flatMap((one) => tensorsIn(one, context));
  const history =
    isJsonObject(args) && isJsonObject(args['config'])
      ? args['config']['keras_history']
      : undefined;
  if (!isPlace(history))
    throw unsupported(
      context,
      `a call that is given ${JSON.stringify(args).slice(0, 60)} beside its tensors`,
    );
  return [history];
}

export function placesIn(
  value: Json | undefined,
  models: ReadonlySet<string>,
  context: Context,
): Json {
  if (isPlace(value)) return [context.isKeras3 ? shifted(value, models) : value];
  if (Array.isArray(value))
    return (value as readonly Json[]).flatMap(
      (one) => placesIn(one, models, context) as readonly Json[],
    );
  return isJsonObject(value)
    ? Object.values(value).flatMap((one) => placesIn(one, models, context) as readonly Json[])
    : [];
}

function isPlace(value: Json | undefined): value is TensorPlace {
  return (
    Array.isArray(value) &&
    value.length >= 3 &&
    typeof value[0] === 'string' &&
    typeof value[1] === 'number' &&
    typeof value[2] === 'number'
  );
}

/**
 * Adds one to the number of a nested model's call. In TensorFlow.js the first call of a nested
 * model is on its own input; Keras 3 does not count that one.
 */
function shifted([name, call, output]: TensorPlace, models: ReadonlySet<string>): TensorPlace {
  return [name, models.has(name) ? call + 1 : call, output];
}
