import { graphInput, graphOutput, initializer, node } from '@perigee/registry/onnx';
import type { Tensor, TensorData, Tensors } from '../../tensor.ts';

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
  const body = [
    node('SequenceAt', [output, own('i')], [own('item')]),
    node('Reshape', [own('item'), own('flat')], [own('row')]),
    node('Shape', [own('item')], [own('shape')]),
    node('Shape', [own('shape')], [own('rank')]),
    node('Identity', [own('go')], [own('on')]),
    ...['row', 'shape', 'rank'].map((part) =>
      node('Concat', [own(`before ${part}`), own(part)], [own(`after ${part}`)], { axis: 0 }),
    ),
    // Loop refuses a counter or a condition without a declared shape.
    graphInput(own('i'), 'int64', []),
    graphInput(own('go'), 'bool', []),
    graphInput(own('before row'), dtype),
    graphInput(own('before shape'), 'int64'),
    graphInput(own('before rank'), 'int64'),
    graphOutput(own('on'), 'bool', []),
    graphOutput(own('after row'), dtype),
    graphOutput(own('after shape'), 'int64'),
    graphOutput(own('after rank'), 'int64'),
  ];
  return {
    outputs: [graphOutput(values, dtype), graphOutput(sizes, 'int64'), graphOutput(ranks, 'int64')],
    graphFields: [
      initializer(own('no values'), { dtype, shape: [0], data: new Uint8Array(0) }),
      initializer(own('no sizes'), { dtype: 'int64', shape: [0], data: new BigInt64Array(0) }),
      initializer(own('flat'), { dtype: 'int64', shape: [1], data: BigInt64Array.of(-1n) }),
      node('SequenceLength', [output], [own('length')]),
      node(
        'Loop',
        [own('length'), '', own('no values'), own('no sizes'), own('no sizes')],
        [values, sizes, ranks],
        { body: { graph: body } },
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
