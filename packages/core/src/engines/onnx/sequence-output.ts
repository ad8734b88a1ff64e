import { wireWrite } from '@perigee/registry';
import type { Tensor, TensorData, Tensors } from '../../tensor.ts';

const { bytesField, concat, textField, varintField } = wireWrite;
const INT64 = 7;
const BOOL = 9;

/** Names of the tensors that carry a sequence: all values, all sizes, and the rank of each item. */
export function partNames(output: string): readonly [string, string, string] {
  return [`perigee/${output}/values`, `perigee/${output}/sizes`, `perigee/${output}/ranks`];
}

/**
 * Makes nodes that write a sequence to three tensors. A Loop takes one item after the other and
 * appends it. All operators are in operator set 11, the first one with sequences.
 */
export function sequenceOutput(
  output: string,
  dtype: number,
): { outputs: readonly Uint8Array[]; graphFields: readonly Uint8Array[] } {
  const [values, sizes, ranks] = partNames(output);
  const own = (name: string): string => `perigee/${output}/${name}`;
  const body = concat([
    node('SequenceAt', [output, own('i')], [own('item')]),
    node('Reshape', [own('item'), own('flat')], [own('row')]),
    node('Shape', [own('item')], [own('shape')]),
    node('Shape', [own('shape')], [own('rank')]),
    node('Identity', [own('go')], [own('on')]),
    ...['row', 'shape', 'rank'].map((part) =>
      node('Concat', [own(`before ${part}`), own(part)], [own(`after ${part}`)], [axis0()]),
    ),
    textField(2, own('items')),
    scalarInfo(11, own('i'), INT64),
    scalarInfo(11, own('go'), BOOL),
    valueInfo(11, own('before row'), dtype),
    valueInfo(11, own('before shape'), INT64),
    valueInfo(11, own('before rank'), INT64),
    scalarInfo(12, own('on'), BOOL),
    valueInfo(12, own('after row'), dtype),
    valueInfo(12, own('after shape'), INT64),
    valueInfo(12, own('after rank'), INT64),
  ]);
  // AttributeProto: name 1, g 6, type 20; GRAPH is 5.
  const bodyAttribute = bytesField(
    5,
    concat([textField(1, 'body'), bytesField(6, body), varintField(20, 5)]),
  );
  return {
    outputs: [
      valueInfo(12, values, dtype),
      valueInfo(12, sizes, INT64),
      valueInfo(12, ranks, INT64),
    ],
    graphFields: [
      empty(own('no values'), dtype),
      empty(own('no sizes'), INT64),
      minusOne(own('flat')),
      node('SequenceLength', [output], [own('length')]),
      node(
        'Loop',
        [own('length'), '', own('no values'), own('no sizes'), own('no sizes')],
        [values, sizes, ranks],
        [bodyAttribute],
      ),
    ],
  };
}

/** Makes the items of a sequence from the three tensors that carry it. */
export function listFrom(output: string, results: Tensors): Tensor[] {
  const [values, sizes, ranks] = partNames(output).map((name) => results[name] as Tensor) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  let at = 0;
  let from = 0;
  return Array.from(ranks.data as BigInt64Array, (rank) => {
    const shape = Array.from((sizes.data as BigInt64Array).slice(at, (at += Number(rank))), Number);
    const length = shape.reduce((product, size) => product * size, 1);
    return {
      dtype: values.dtype,
      shape,
      data: values.data.slice(from, (from += length)) as TensorData,
    } as Tensor;
  });
}

/** NodeProto: input 1, output 2, op_type 4, attribute 5. */
function node(
  type: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: readonly Uint8Array[] = [],
): Uint8Array {
  const names = [
    ...inputs.map((name) => textField(1, name)),
    ...outputs.map((name) => textField(2, name)),
  ];
  return bytesField(1, concat([...names, textField(4, type), ...attributes]));
}

/** AttributeProto: name 1, i 3, type 20; INT is 2. */
function axis0(): Uint8Array {
  return bytesField(5, concat([textField(1, 'axis'), varintField(3, 0), varintField(20, 2)]));
}

/** ValueInfoProto of a tensor of any shape: an input (11) or output (12) of a graph. */
export function valueInfo(field: number, name: string, dtype: number): Uint8Array {
  return bytesField(
    field,
    concat([textField(1, name), bytesField(2, bytesField(1, varintField(1, dtype)))]),
  );
}

/** ValueInfoProto of a scalar. Loop refuses a counter or a condition without a given shape. */
function scalarInfo(field: number, name: string, dtype: number): Uint8Array {
  const type = concat([varintField(1, dtype), bytesField(2, new Uint8Array(0))]);
  return bytesField(field, concat([textField(1, name), bytesField(2, bytesField(1, type))]));
}

/** TensorProto: dims 1, data_type 2, name 8, raw_data 9; an initializer is field 5 of a graph. */
function empty(name: string, dtype: number): Uint8Array {
  return bytesField(5, concat([varintField(1, 0), varintField(2, dtype), textField(8, name)]));
}

function minusOne(name: string): Uint8Array {
  const value = bytesField(9, new Uint8Array(8).fill(0xff));
  return bytesField(
    5,
    concat([varintField(1, 1), varintField(2, INT64), textField(8, name), value]),
  );
}
