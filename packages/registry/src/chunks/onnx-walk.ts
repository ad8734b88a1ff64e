import { RegistryError } from '../error.ts';
import { LIMITS } from '../manifest/limits.ts';
import type { Dtype, TensorSignature } from '../manifest/signature.ts';
import { dtypeOf, isTensorInfo, readValueInfo, valueName } from './onnx-signature.ts';
import { fields, message, text } from './wire.ts';
import type { WireField } from './wire.ts';

/** Position of one tensor's values in the file. */
export interface TensorSpan {
  readonly name: string;
  /** Null if the type has no JavaScript array. */
  readonly dtype: Dtype | null;
  readonly start: number;
  readonly end: number;
}

/**
 * A tensor whose values are in a file beside the model. An `end` of null means the end of that
 * file.
 */
export interface ExternalSpan {
  readonly file: string;
  readonly name: string;
  readonly dtype: Dtype | null;
  readonly start: number;
  readonly end: number | null;
}

export interface OnnxModel {
  /** Initializers and constants, including those of nested graphs and functions, in file order. */
  readonly tensors: readonly TensorSpan[];
  readonly externalTensors: readonly ExternalSpan[];
  readonly inputs: readonly TensorSignature[];
  /** The outputs that are tensors. */
  readonly outputs: readonly TensorSignature[];
  /** Names of outputs that are sequences, maps (as of a ZipMap) or optional values. */
  readonly otherOutputs: readonly string[];
  /** Operator set versions by domain; '' is the domain of ONNX itself. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly irVersion: number;
  readonly producer: string;
  /** Operators with their counts. Names of other domains have the domain as prefix. */
  readonly operators: Readonly<Record<string, number>>;
  /** Files beside the model that hold tensor data. */
  readonly externalFiles: readonly string[];
  /**
   * Span from the first initializer of the main graph to the last, names included. The graph itself
   * is before and after it. Null without initializers.
   */
  readonly initializers: { readonly start: number; readonly end: number } | null;
}

/**
 * Results of the walk. They are maps because names come from the file: an operator may be called
 * "constructor".
 */
interface Found {
  readonly tensors: TensorSpan[];
  readonly external: ExternalSpan[];
  readonly operators: Map<string, number>;
  nodes: number;
}

/**
 * Reads the structure of an ONNX file from the wire format: inputs, outputs, operators and the
 * places of tensors. It copies no bytes and decodes no values. Field numbers: onnx.proto3 of the
 * ONNX repository (https://github.com/onnx/onnx).
 * @throws RegistryError WRONG_CONTENT when the bytes are no ONNX model, UNSUPPORTED_MODEL when an
 * input is no tensor
 * @example
 * ```ts
 * const { inputs, operators } = walkOnnx(bytes);
 * operators['Conv']; // 2
 * ```
 */
export function walkOnnx(bytes: Uint8Array): OnnxModel {
  const found: Found = { tensors: [], external: [], operators: new Map(), nodes: 0 };
  const opsets = new Map<string, number>();
  let irVersion = 0;
  let producer = '';
  let graph: MainGraph | undefined;
  for (const field of fields(bytes, 0, bytes.byteLength)) {
    if (field.number === 1) irVersion = field.value;
    else if (field.number === 2) producer = text(bytes, field);
    else if (field.number === 7) {
      if (graph)
        throw new RegistryError(
          'WRONG_CONTENT',
          'The file is not a valid ONNX model: it has two graphs.',
        );
      graph = walkMainGraph(bytes, message(field), found);
    } else if (field.number === 8) {
      const { domain, version } = opset(bytes, message(field));
      if (opsets.set(domain, version).size > LIMITS.tensors)
        throw tooMany('operator sets', LIMITS.tensors);
    } else if (field.number === 25) walkFunction(bytes, message(field), found);
  }
  if (!graph || irVersion === 0)
    throw new RegistryError(
      'WRONG_CONTENT',
      `The file (${bytes.byteLength} bytes) is not an ONNX model: it has no graph.`,
    );
  return {
    irVersion,
    producer,
    opsets: Object.fromEntries(opsets),
    ...graph,
    tensors: found.tensors,
    externalTensors: found.external,
    operators: Object.fromEntries(found.operators),
    externalFiles: [...new Set(found.external.map(({ file }) => file))],
  };
}

type MainGraph = Pick<OnnxModel, 'inputs' | 'outputs' | 'otherOutputs' | 'initializers'>;

/** GraphProto: node 1, initializer 5, input 11, output 12, sparse_initializer 15. */
function walkMainGraph(bytes: Uint8Array, graph: WireField, found: Found): MainGraph {
  const initialized = new Set<string>();
  const inputs: WireField[] = [];
  const outputs: WireField[] = [];
  let firstStart: number | undefined;
  let lastEnd = 0;
  let before = graph.start;
  for (const field of fields(bytes, graph.start, graph.end)) {
    if (field.number === 5) {
      initialized.add(walkTensor(bytes, message(field), found));
      firstStart ??= before;
      lastEnd = field.end;
    } else if (field.number === 11 && inputs.push(message(field)) > LIMITS.initializers)
      throw tooMany('inputs', LIMITS.initializers);
    else if (field.number === 12 && outputs.push(message(field)) > LIMITS.tensors)
      throw tooMany('outputs', LIMITS.tensors);
    else walkGraphField(bytes, field, found, 0);
    before = field.end;
  }
  // Before IR version 4 initializers were listed as inputs too.
  const fed = inputs
    .map((field) => ({ field, name: valueName(bytes, field) }))
    .filter(({ name }) => !initialized.has(name));
  if (fed.length > LIMITS.tensors) throw tooMany('inputs', LIMITS.tensors);
  const tensors = outputs.filter((field) => isTensorInfo(bytes, field));
  const others = outputs.filter((field) => !tensors.includes(field));
  return {
    inputs: fed.map(({ field, name }) => readValueInfo(bytes, field, name)),
    outputs: tensors.map((field) => readValueInfo(bytes, field, valueName(bytes, field))),
    otherOutputs: others.map((field) => valueName(bytes, field)),
    initializers: firstStart === undefined ? null : { start: firstStart, end: lastEnd },
  };
}

/** Reads the fields that hold weights and operators, in the main graph or in a branch. */
function walkGraphField(bytes: Uint8Array, field: WireField, found: Found, depth: number): void {
  if (field.number === 1) walkNode(bytes, message(field), found, depth);
  else if (field.number === 5) walkTensor(bytes, message(field), found);
  else if (field.number === 15) walkSparse(bytes, message(field), found);
}

/** NodeProto: op_type 4, attribute 5, domain 7. */
function walkNode(bytes: Uint8Array, node: WireField, found: Found, depth: number): void {
  if ((found.nodes += 1) > LIMITS.nodes) throw tooMany('nodes', LIMITS.nodes);
  let type = '';
  let domain = '';
  for (const field of fields(bytes, node.start, node.end)) {
    if (field.number === 4) type = text(bytes, field);
    else if (field.number === 5) walkAttribute(bytes, message(field), found, depth);
    else if (field.number === 7) domain = text(bytes, field);
  }
  const name = domain === '' || domain === 'ai.onnx' ? type : `${domain}.${type}`;
  found.operators.set(name, (found.operators.get(name) ?? 0) + 1);
}

/**
 * AttributeProto: t 5, g 6, tensors 10, graphs 11, sparse_tensor 22, sparse_tensors 23. They hold
 * constants and the branches of If and Loop.
 */
function walkAttribute(bytes: Uint8Array, attribute: WireField, found: Found, depth: number): void {
  for (const field of fields(bytes, attribute.start, attribute.end)) {
    if (field.number === 5 || field.number === 10) walkTensor(bytes, message(field), found);
    else if (field.number === 22 || field.number === 23) walkSparse(bytes, message(field), found);
    else if (field.number === 6 || field.number === 11) {
      if (depth >= LIMITS.graphDepth)
        throw new RegistryError(
          'WRONG_CONTENT',
          `The model has graphs nested deeper than ${LIMITS.graphDepth} levels.`,
        );
      for (const inner of fields(bytes, message(field).start, field.end))
        walkGraphField(bytes, inner, found, depth + 1);
    }
  }
}

/** FunctionProto: node 7, attribute_proto 11. */
function walkFunction(bytes: Uint8Array, body: WireField, found: Found): void {
  for (const field of fields(bytes, body.start, body.end)) {
    if (field.number === 7) walkNode(bytes, message(field), found, 0);
    else if (field.number === 11) walkAttribute(bytes, message(field), found, 0);
  }
}

/** SparseTensorProto: values 1, indices 2. */
function walkSparse(bytes: Uint8Array, sparse: WireField, found: Found): void {
  for (const field of fields(bytes, sparse.start, sparse.end))
    if (field.number === 1 || field.number === 2) walkTensor(bytes, message(field), found);
}

/**
 * TensorProto: data_type 2, float_data 4, int32_data 5, int64_data 7, name 8, raw_data 9,
 * double_data 10, uint64_data 11, external_data 13. The values are in one of the data fields; the
 * longest one is used.
 */
function walkTensor(bytes: Uint8Array, tensor: WireField, found: Found): string {
  if (found.tensors.length + found.external.length >= LIMITS.initializers)
    throw tooMany('tensors', LIMITS.initializers);
  let name = '';
  let dtype: Dtype | null = null;
  let span: WireField | undefined;
  const external = new Map<string, string>();
  for (const field of fields(bytes, tensor.start, tensor.end)) {
    if (field.number === 2) dtype = dtypeOf(field.value) ?? null;
    else if (field.number === 8) name = text(bytes, field);
    else if (
      field.type === 2 &&
      [4, 5, 7, 9, 10, 11].includes(field.number) &&
      (!span || field.end - field.start > span.end - span.start)
    )
      span = field;
    else if (field.number === 13) {
      const { key, value } = stringEntry(bytes, message(field));
      if (['location', 'offset', 'length'].includes(key)) external.set(key, value);
    }
  }
  const file = external.get('location');
  if (file !== undefined)
    found.external.push({ file, name, dtype, ...externalRange(name, external) });
  else if (span) found.tensors.push({ name, dtype, start: span.start, end: span.end });
  return name;
}

/**
 * Offset and length are decimal text in the file. Without a length the values end with the file.
 */
function externalRange(
  name: string,
  entries: ReadonlyMap<string, string>,
): { start: number; end: number | null } {
  const [start, length] = ['offset', 'length'].map((key) => {
    const given = entries.get(key);
    if (given !== undefined && !/^[0-9]{1,15}$/.test(given))
      throw new RegistryError(
        'WRONG_CONTENT',
        `The file is not a valid ONNX model: tensor "${name}" has the external ` +
          `${key} "${given.slice(0, 40)}".`,
      );
    return given === undefined ? undefined : Number(given);
  });
  return { start: start ?? 0, end: length === undefined ? null : (start ?? 0) + length };
}

/** StringStringEntryProto: key 1, value 2. */
function stringEntry(bytes: Uint8Array, entry: WireField): { key: string; value: string } {
  let key = '';
  let value = '';
  for (const field of fields(bytes, entry.start, entry.end)) {
    if (field.number === 1) key = text(bytes, field);
    else if (field.number === 2) value = text(bytes, field);
  }
  return { key, value };
}

/** OperatorSetIdProto: domain 1, version 2. */
function opset(bytes: Uint8Array, entry: WireField): { domain: string; version: number } {
  let domain = '';
  let version = 0;
  for (const field of fields(bytes, entry.start, entry.end)) {
    if (field.number === 1) domain = text(bytes, field);
    else if (field.number === 2) version = field.value;
  }
  return { domain: domain === 'ai.onnx' ? '' : domain, version };
}

function tooMany(what: string, limit: number): RegistryError {
  return new RegistryError('WRONG_CONTENT', `The model has more than ${limit} ${what}.`);
}
