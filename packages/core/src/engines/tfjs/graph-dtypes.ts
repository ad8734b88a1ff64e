import { splitTensorName } from './graph-def.ts';
import type { Attribute, GraphNode, Nodes } from './graph-def.ts';

/** Names of TensorFlow's element types by number, for files that have numbers instead of names. */
const NAMES: Readonly<Record<number, string>> = {
  1: 'DT_FLOAT',
  2: 'DT_DOUBLE',
  3: 'DT_INT32',
  4: 'DT_UINT8',
  5: 'DT_INT16',
  6: 'DT_INT8',
  7: 'DT_STRING',
  8: 'DT_COMPLEX64',
  9: 'DT_INT64',
  10: 'DT_BOOL',
  14: 'DT_BFLOAT16',
  17: 'DT_UINT16',
  18: 'DT_COMPLEX128',
  19: 'DT_HALF',
  20: 'DT_RESOURCE',
  22: 'DT_UINT32',
  23: 'DT_UINT64',
};

/**
 * The dtypes that TensorFlow.js uses for them. It has one dtype for all integers, and one for all
 * floats.
 */
const AS_TFJS: Readonly<Record<string, string>> = {
  DT_FLOAT: 'float32',
  DT_DOUBLE: 'float32',
  DT_HALF: 'float32',
  DT_BFLOAT16: 'float32',
  DT_INT32: 'int32',
  DT_INT64: 'int32',
  DT_INT16: 'int32',
  DT_INT8: 'int32',
  DT_UINT8: 'int32',
  DT_UINT16: 'int32',
  DT_UINT32: 'int32',
  DT_UINT64: 'int32',
  DT_BOOL: 'bool',
  DT_STRING: 'string',
  DT_COMPLEX64: 'complex64',
  DT_COMPLEX128: 'complex64',
};

const BOOLEAN = new Set([
  'Equal',
  'NotEqual',
  'Less',
  'LessEqual',
  'Greater',
  'GreaterEqual',
  'LogicalAnd',
  'LogicalOr',
  'LogicalNot',
  'IsNan',
  'IsInf',
  'IsFinite',
  'All',
  'Any',
]);
const WHOLE = new Set([
  'Shape',
  'ShapeN',
  'Size',
  'Rank',
  'ArgMax',
  'ArgMin',
  'Where',
  'NonMaxSuppressionV2',
  'NonMaxSuppressionV3',
  'Bincount',
]);
/** Operators that return indexes after their values: the number of the first output of indexes. */
const INDEXES_FROM: Readonly<Record<string, number>> = {
  TopKV2: 1,
  Unique: 1,
  UniqueV2: 1,
  ListDiff: 1,
};
/** Attributes with an operator's output type; the most explicit ones come first. */
const ATTRIBUTES = [
  'DstT',
  'Tout',
  'output_type',
  'out_type',
  'output_dtype',
  'dtype',
  'element_dtype',
  'Tparams',
  'T',
  'TI',
];

/**
 * The dtype of TensorFlow.js for a type of TensorFlow. A type that TensorFlow.js lacks keeps its
 * name; undefined stays undefined.
 */
export function dtypeOf(type: string | number | undefined): string | undefined {
  if (type === undefined) return undefined;
  const name = typeof type === 'number' ? (NAMES[type] ?? `DT_${type}`) : type;
  return Object.hasOwn(AS_TFJS, name) ? AS_TFJS[name] : name;
}

/**
 * The dtype of one output by the attributes of the graph. An operator without such attributes has
 * the dtype of its first input.
 */
export function outputDtype(tensor: string, nodes: Nodes): string | undefined {
  let { node: name, index } = splitTensorName(tensor);
  const seen = new Set<string>();
  while (!seen.has(name)) {
    seen.add(name);
    const node = nodes.get(name);
    if (!node) return undefined;
    const own = ownDtype(node, index);
    const first = node.input?.[0];
    if (own !== undefined || first === undefined) return own;
    ({ node: name, index } = splitTensorName(first));
  }
  return undefined;
}

function ownDtype({ op, attr }: GraphNode, index: number): string | undefined {
  if (BOOLEAN.has(op)) return 'bool';
  if (WHOLE.has(op) || index >= (INDEXES_FROM[op] ?? Infinity)) return 'int32';
  for (const name of ATTRIBUTES) {
    const type = attr && Object.hasOwn(attr, name) ? typeAt(attr[name], index) : undefined;
    if (type !== undefined) return dtypeOf(type);
  }
  return undefined;
}

function typeAt(attribute: Attribute | undefined, index: number): string | number | undefined {
  return attribute?.type ?? attribute?.list?.type?.[index];
}
