import { readValueInfo, wire } from '@perigee/registry';
import type { TensorSignature, WireField } from '@perigee/registry';
import { PerigeeError } from '../../error.ts';
import type { Tensor } from '../../tensor.ts';
import { readAttribute } from './read-attribute.ts';
import type { Attribute } from './read-attribute.ts';
import { readTensor } from './read-tensor.ts';

const { fields, message, text } = wire;

export interface GraphNode {
  /** The operator, such as `Gemm`, or `ai.onnx.ml.Scaler` with its domain. */
  readonly op: string;
  readonly name: string;
  /** The version at which the model imports the operator set of the node's domain. */
  readonly opset: number;
  /** An empty name stands for an omitted input. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** The exact integers of the attributes that have integers. */
  readonly whole: ReadonlyMap<string, readonly bigint[]>;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly constants: ReadonlyMap<string, Tensor>;
  /** Values of inputs that may be left out. */
  readonly defaults: ReadonlyMap<string, Tensor>;
  /** Inputs that may be left out. */
  readonly optional: readonly TensorSignature[];
}

/** Versions of operator sets that this engine knows. Before 7, operators broadcast differently. */
const KNOWN_OPSETS: ReadonlyMap<string, readonly [first: number, last: number]> = new Map([
  ['', [7, 24]],
  ['ai.onnx.ml', [1, 4]],
]);
const NEWEST_IR = 13;
/** From this IR version on, an initializer that is also an input is a default value. */
const DEFAULTS_SINCE_IR = 4;
/** Larger defaults (in all) are weights that an exporter lists as inputs. They stay constants. */
const MAX_DEFAULT_BYTES = 1024 * 1024;

/**
 * Reads the nodes and weights of a model that `walkOnnx` has checked. Field numbers: onnx.proto3 of
 * the ONNX repository.
 * @throws RegistryError WRONG_CONTENT
 * @throws PerigeeError WRONG_CONTENT, UNSUPPORTED_MODEL, UNSUPPORTED_OPERATOR
 */
export function readGraph(bytes: Uint8Array): Graph {
  const opsets = new Map<string, number>();
  let irVersion = 0;
  let graph: WireField | undefined;
  for (const field of fields(bytes, 0, bytes.byteLength)) {
    if (field.number === 1) irVersion = field.value;
    else if (field.number === 7) graph = message(field);
    else if (field.number === 8) readOpset(bytes, message(field), opsets);
    else if (field.number === 25) throw notRead('it has functions of its own');
  }
  if (irVersion > NEWEST_IR)
    throw notRead(
      `it has version ${irVersion} of the format, and the engine knows versions up to ${NEWEST_IR}`,
    );
  const nodes: GraphNode[] = [];
  const constants = new Map<string, Tensor>();
  const inputs: WireField[] = [];
  if (graph) {
    for (const field of fields(bytes, graph.start, graph.end)) {
      if (field.number === 1) nodes.push(readNode(bytes, message(field), opsets));
      else if (field.number === 5) {
        const { name, tensor } = readTensor(bytes, message(field));
        constants.set(name, tensor);
      } else if (field.number === 11) inputs.push(message(field));
      else if (field.number === 15) throw notRead('it has sparse weights');
    }
  }
  return {
    nodes,
    constants,
    ...(irVersion >= DEFAULTS_SINCE_IR ? takeDefaults(bytes, inputs, constants) : NO_DEFAULTS),
  };
}

const NO_DEFAULTS = { defaults: new Map<string, Tensor>(), optional: [] } as const;

/** Moves the default values of inputs out of the constants. */
function takeDefaults(
  bytes: Uint8Array,
  inputs: readonly WireField[],
  constants: Map<string, Tensor>,
): Pick<Graph, 'defaults' | 'optional'> {
  const optional: TensorSignature[] = [];
  let size = 0;
  for (const input of inputs) {
    const name = valueName(bytes, input);
    const value = constants.get(name);
    if (!value) continue;
    size += Array.isArray(value.data) ? value.data.length : value.data.byteLength;
    optional.push({ ...readValueInfo(bytes, input, name), optional: true });
  }
  if (optional.length === 0 || size > MAX_DEFAULT_BYTES) return NO_DEFAULTS;
  const defaults = new Map(optional.map(({ name }) => [name, constants.get(name) as Tensor]));
  for (const name of defaults.keys()) constants.delete(name);
  return { defaults, optional };
}

/** ValueInfoProto: name 1. */
function valueName(bytes: Uint8Array, value: WireField): string {
  for (const field of fields(bytes, value.start, value.end))
    if (field.number === 1) return text(bytes, field);
  return '';
}

/** OperatorSetIdProto: domain 1, version 2. */
function readOpset(bytes: Uint8Array, entry: WireField, opsets: Map<string, number>): void {
  let [domain, version] = ['', 0];
  for (const field of fields(bytes, entry.start, entry.end)) {
    if (field.number === 1) domain = text(bytes, field);
    else if (field.number === 2) version = field.value;
  }
  opsets.set(domain === 'ai.onnx' ? '' : domain, version);
}

function notRead(why: string): PerigeeError {
  return new PerigeeError(
    'UNSUPPORTED_MODEL',
    `The instant engine does not read this model: ${why}. Use backend "wasm".`,
    { details: { backend: 'cpu' } },
  );
}

/** NodeProto: input 1, output 2, name 3, op_type 4, attribute 5, domain 7. */
function readNode(
  bytes: Uint8Array,
  node: WireField,
  opsets: ReadonlyMap<string, number>,
): GraphNode {
  const [inputs, outputs]: [string[], string[]] = [[], []];
  const attributes = new Map<string, Attribute>();
  const whole = new Map<string, readonly bigint[]>();
  let [name, op, domain] = ['', '', ''];
  for (const field of fields(bytes, node.start, node.end)) {
    if (field.number === 1) inputs.push(text(bytes, field));
    else if (field.number === 2) outputs.push(text(bytes, field));
    else if (field.number === 3) name = text(bytes, field);
    else if (field.number === 4) op = text(bytes, field);
    else if (field.number === 5) {
      const attribute = readAttribute(bytes, message(field));
      attributes.set(attribute.name, attribute.value);
      if (attribute.whole) whole.set(attribute.name, attribute.whole);
    } else if (field.number === 7) domain = text(bytes, field);
  }
  if (domain === 'ai.onnx') domain = '';
  const opset = opsets.get(domain) ?? 0;
  const known = KNOWN_OPSETS.get(domain);
  if (known && !(opset >= known[0] && opset <= known[1]))
    throw notRead(
      `it needs version ${opset || 'none'} of the operators of ${domain || 'ai.onnx'}, and ` +
        `the engine knows versions ${known[0]} to ${known[1]}`,
    );
  return {
    op: domain === '' ? op : `${domain}.${op}`,
    name,
    opset,
    inputs,
    outputs,
    attributes,
    whole,
  };
}
