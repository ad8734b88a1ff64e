import { RegistryError, wire, wireWrite } from '@perigee/registry';
import type { WireField } from '@perigee/registry';
import { graphOutput } from '@perigee/registry/onnx';
import { PerigeeError } from '../../error.ts';
import type { Tensor } from '../../tensor.ts';
import { companionPath } from '../companion-path.ts';
import { readConstant, varints } from './read-constant.ts';
import { sequenceOutput } from './sequence-output.ts';
import { eachField, fieldOf } from './weights-apart.ts';

/** A model that every build of ONNX Runtime can run, and how it differs from the file. */
export interface RewrittenModel {
  readonly model: Uint8Array;
  /** Default values of the inputs that a caller may leave out. */
  readonly defaults: ReadonlyMap<string, Tensor>;
  /** Labels of the columns of each output that was a ZipMap. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  /** Outputs that were sequences; three tensors carry each. */
  readonly lists: ReadonlySet<string>;
}

/**
 * Defaults are passed with each run. Above this size in all they are weights, and stay in place.
 */
const MAX_DEFAULT_BYTES = 1024 * 1024;
/** From this IR version on, an initializer that is also an input can be overridden. */
const OVERRIDABLE_IR = 4;
/** The version of ai.onnx to import for Identity, if a model has only operators of ai.onnx.ml. */
const IDENTITY_OPSET = 13;

/**
 * Rewrites the parts of a model that the JavaScript builds of ONNX Runtime cannot take:
 * - ZipMaps and optional values become the tensor behind them.
 * - Sequences become three tensors each.
 * - Inputs with a default become inputs that are always fed.
 * - Paths of external data lose a leading "./".
 *
 * Bytes that are no ONNX model stay as they are; opening them reports the fault.
 * @throws PerigeeError UNSUPPORTED_MODEL naming an output that has no form in JavaScript
 */
export function rewriteModel(model: Uint8Array): RewrittenModel {
  const same: RewrittenModel = { model, defaults: new Map(), labels: new Map(), lists: new Set() };
  try {
    const facts = readFacts(model);
    return facts ? rewrite(model, facts) : same;
  } catch (error) {
    if (error instanceof RegistryError) return same;
    throw error;
  }
}

/**
 * Whether a model's inputs have defaults that are external data. The defaults of such a model can
 * only be told with its weights in place: of how many bytes they are, and what they are.
 */
export function hasDefaultsApart(model: Uint8Array): boolean {
  const parts = readParts(model);
  return overridable(parts).some(([, field]) => locationOf(model, field) !== undefined);
}

interface Facts {
  readonly defaults: ReadonlyMap<string, Tensor>;
  /** Outputs that are not tensors. */
  readonly special: ReadonlyMap<string, WireField>;
  readonly hasMlOnly: boolean;
}

/** Null if there is nothing to rewrite. */
function readFacts(bytes: Uint8Array): Facts | null {
  const parts = readParts(bytes);
  const { domains, special, hasDot } = parts;
  const defaults = defaultsOf(bytes, overridable(parts));
  if (defaults.size === 0 && special.size === 0 && !hasDot) return null;
  return { defaults, special, hasMlOnly: !domains.has('') && !domains.has('ai.onnx') };
}

/** The parts of a model that decide what is rewritten. */
interface Parts extends Pick<Facts, 'special'> {
  readonly irVersion: number;
  readonly domains: ReadonlySet<string>;
  readonly initializers: ReadonlyMap<string, WireField>;
  readonly inputs: ReadonlySet<string>;
  /** Whether a location of external data begins with "./". */
  readonly hasDot: boolean;
}

/** ModelProto: ir_version 1, graph 7, opset_import 8. */
function readParts(bytes: Uint8Array): Parts {
  let irVersion = 0;
  let graph: WireField | undefined;
  const domains = new Set<string>();
  for (const field of wire.fields(bytes, 0, bytes.byteLength)) {
    if (field.number === 1) irVersion = field.value;
    else if (field.number === 7) graph = wire.message(field);
    else if (field.number === 8) domains.add(textOf(bytes, field, 1) ?? '');
  }
  const initializers = new Map<string, WireField>();
  const inputs = new Set<string>();
  const special = new Map<string, WireField>();
  let hasDot = false;
  for (const field of graph ? wire.fields(bytes, graph.start, graph.end) : []) {
    if (field.number === 5) {
      initializers.set(textOf(bytes, field, 8) ?? '', field);
      hasDot ||= locationOf(bytes, field)?.startsWith('./') ?? false;
    } else if (field.number === 11) inputs.add(textOf(bytes, field, 1) ?? '');
    else if (field.number === 12 && !child(bytes, child(bytes, field, 2), 1))
      special.set(textOf(bytes, field, 1) ?? '', field);
  }
  return { irVersion, domains, initializers, inputs, special, hasDot };
}

/** The initializers that a caller can override. */
function overridable({ irVersion, initializers, inputs }: Parts): [string, WireField][] {
  return irVersion >= OVERRIDABLE_IR ? [...initializers].filter(([name]) => inputs.has(name)) : [];
}

function defaultsOf(
  bytes: Uint8Array,
  both: readonly (readonly [string, WireField])[],
): Map<string, Tensor> {
  const size = both.reduce((sum, [, { start, end }]) => sum + end - start, 0);
  const defaults = new Map<string, Tensor>();
  if (size > MAX_DEFAULT_BYTES) return defaults;
  for (const [name, field] of both) {
    const value = readConstant(bytes, field);
    if (value) defaults.set(name, value);
  }
  return defaults;
}

function rewrite(bytes: Uint8Array, { defaults, special, hasMlOnly }: Facts): RewrittenModel {
  const labels = new Map<string, readonly string[]>();
  const lists = new Set<string>();
  const rewriteGraph = (graph: WireField): Uint8Array[] => {
    const added: Uint8Array[] = [];
    const replaced = new Map<string, Replaced>();
    const nodes = eachField(bytes, graph.start, graph.end, (field) => {
      if (field.number === 1)
        return special.size > 0 ? asIdentity(bytes, field, special, replaced) : null;
      if (field.number === 5) {
        const name = textOf(bytes, field, 8) ?? '';
        return defaults.has(name) ? [] : withoutDot(bytes, field);
      }
      return null;
    });
    const whole = wireWrite.concat(nodes);
    const parts = eachField(whole, 0, whole.byteLength, (field) => {
      const name = field.number === 12 ? (textOf(whole, field, 1) ?? '') : '';
      const original = field.number === 12 ? special.get(name) : undefined;
      if (!original) return null;
      const tensor = replaced.get(name);
      if (tensor) {
        if (tensor.labels) labels.set(name, tensor.labels);
        return [graphOutput(name, tensor.dtype)];
      }
      const sequence = sequenceOutput(name, sequenceDtype(bytes, original, name));
      lists.add(name);
      added.push(...sequence.graphFields);
      return [...sequence.outputs];
    });
    return [...parts, ...added];
  };
  const parts = eachField(bytes, 0, bytes.byteLength, (field) =>
    field.number === 7 ? fieldOf(7, rewriteGraph(field)) : null,
  );
  if (labels.size > 0 && hasMlOnly)
    parts.push(wireWrite.bytesField(8, wireWrite.varintField(2, IDENTITY_OPSET)));
  return { model: wireWrite.concat(parts), defaults, labels, lists };
}

const FLOAT = 1;

/** An output that is replaced by the tensor behind its map or optional value. */
interface Replaced {
  readonly dtype: number;
  readonly labels?: readonly string[];
}

/**
 * Replaces a ZipMap, or an Optional with a tensor in it, by an Identity that gives its tensor the
 * output's name. Null for other nodes. NodeProto: input 1, output 2, op_type 4, attribute 5.
 */
function asIdentity(
  bytes: Uint8Array,
  node: WireField,
  outputs: ReadonlyMap<string, WireField>,
  found: Map<string, Replaced>,
): Uint8Array[] | null {
  const type = textOf(bytes, node, 4);
  if (type !== 'ZipMap' && type !== 'Optional') return null;
  const input = textOf(bytes, node, 1);
  const output = textOf(bytes, node, 2) ?? '';
  const original = outputs.get(output);
  const dtype = type === 'ZipMap' ? FLOAT : optionalDtype(bytes, original);
  if (!input || !original || dtype === undefined) return null;
  found.set(output, type === 'ZipMap' ? { dtype, labels: labelsIn(bytes, node) } : { dtype });
  const identity = [
    wireWrite.textField(1, input),
    wireWrite.textField(2, output),
    wireWrite.textField(4, 'Identity'),
  ];
  return fieldOf(1, identity);
}

function labelsIn(bytes: Uint8Array, node: WireField): string[] {
  const labels: string[] = [];
  for (const field of wire.fields(bytes, node.start, node.end))
    if (field.number === 5) labels.push(...labelsOf(bytes, field));
  return labels;
}

/** TypeProto: optional_type 9 → elem_type 1 → tensor_type 1 → elem_type 1. */
function optionalDtype(bytes: Uint8Array, output: WireField | undefined): number | undefined {
  if (!output) return undefined;
  return elementType(
    bytes,
    child(bytes, child(bytes, child(bytes, child(bytes, output, 2), 9), 1), 1),
  );
}

function elementType(bytes: Uint8Array, tensor: WireField | undefined): number | undefined {
  if (tensor)
    for (const field of wire.fields(bytes, tensor.start, tensor.end))
      if (field.number === 1) return field.value;
  return undefined;
}

/** AttributeProto: ints 8, strings 9, of `classlabels_int64s` or `classlabels_strings`. */
function labelsOf(bytes: Uint8Array, attribute: WireField): string[] {
  const labels: string[] = [];
  for (const field of wire.fields(bytes, attribute.start, attribute.end)) {
    if (field.number === 9) labels.push(wire.text(bytes, field));
    else if (field.number === 8) labels.push(...varints(bytes, field).map(String));
  }
  return labels;
}

/** TypeProto: sequence_type 4 → elem_type 1 → tensor_type 1 → elem_type 1. */
function sequenceDtype(bytes: Uint8Array, output: WireField, name: string): number {
  const dtype = elementType(
    bytes,
    child(bytes, child(bytes, child(bytes, child(bytes, output, 2), 4), 1), 1),
  );
  if (dtype !== undefined) return dtype;
  throw new PerigeeError(
    'UNSUPPORTED_MODEL',
    `The model's output "${name}" is a map or an optional value, which has no form in ` +
      `JavaScript. Export the model with a tensor there; scikit-learn's converter does so with ` +
      'the option zipmap=False.',
    { details: { output: name } },
  );
}

/** TensorProto: external_data 13, an entry with key 1 and value 2. */
function locationOf(bytes: Uint8Array, tensor: WireField): string | undefined {
  for (const field of wire.fields(bytes, tensor.start, tensor.end)) {
    if (field.number === 13 && textOf(bytes, field, 1) === 'location')
      return textOf(bytes, field, 2);
  }
  return undefined;
}

function withoutDot(bytes: Uint8Array, tensor: WireField): Uint8Array[] | null {
  if (!locationOf(bytes, tensor)?.startsWith('./')) return null;
  const parts = eachField(bytes, tensor.start, tensor.end, (field) => {
    if (field.number !== 13 || textOf(bytes, field, 1) !== 'location') return null;
    const path = companionPath(textOf(bytes, field, 2) ?? '');
    return [
      wireWrite.bytesField(
        13,
        wireWrite.concat([wireWrite.textField(1, 'location'), wireWrite.textField(2, path)]),
      ),
    ];
  });
  return fieldOf(5, parts);
}

function child(
  bytes: Uint8Array,
  parent: WireField | undefined,
  number: number,
): WireField | undefined {
  if (parent)
    for (const field of wire.fields(bytes, parent.start, parent.end))
      if (field.number === number) return wire.message(field);
  return undefined;
}

/** The text of the first field with this number in a message. */
function textOf(bytes: Uint8Array, parent: WireField, number: number): string | undefined {
  const field = child(bytes, parent, number);
  return field && wire.text(bytes, field);
}
