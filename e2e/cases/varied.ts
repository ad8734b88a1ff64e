import { float, int64, invalid, predict, run, want } from './case.ts';
import type { Case } from './case.ts';

const scores = [0.880797, 0.119203, 0.119203, 0.880797];
const parts = { y: want('float32', [4], [24, 31, 40, 51]) };
const partsFile = 'weights 100%/all.bin';
const spaced = { 'an output?': want('float32', [2], [-1, -2]) };
const spacedInput = (): unknown => ({ 'my input %20': [1, 2] });
const empty = (shape: readonly number[]): unknown => float(shape, []);

/** Shapes that a file leaves open. */
const SHAPES: readonly Case[] = [
  {
    what: 'two inputs of free dimensions without names',
    file: 'free-inputs.onnx',
    elsewhere: true,
    inputs: [{ shape: [null, null] }, { shape: [null, null] }],
    rows: [
      run(
        'equal shapes',
        () => ({ a: float([2, 2], [1, 2, 3, 4]), b: float([2, 2], [2, 2, 3, 4]) }),
        { y: want('float32', [2, 2], [0.6, 0.8, 0.6, 0.8]) },
      ),
      run('shapes that differ', () => ({ a: float([1, 2], [3, 4]), b: float([1, 1], [0]) }), {
        y: want('float32', [1, 2], [0.6, 0.8]),
      }),
      predict('nested lists', () => ({ a: [[1, 2]], b: [[2, 2]] }), {
        y: want('float32', [1, 2], [0.6, 0.8]),
      }),
      invalid(
        'flat lists that fit several shapes',
        () => ({ a: [1, 2], b: [2, 2] }),
        'input "a"',
        '2 free dimensions',
      ),
    ],
  },
  {
    what: 'an output of unknown rank',
    file: 'reshape-to.onnx',
    outputs: [{ name: 'y', rank: 'unknown' }],
    rows: [
      predict(
        'three dimensions',
        () => ({
          x: [
            [1, 2, 3],
            [4, 5, 6],
          ],
          to: [3, 1n, -1],
        }),
        { y: want('float32', [3, 1, 2], [1, 2, 3, 4, 5, 6]) },
      ),
      predict('one dimension', () => ({ x: [[1, 2, 3]], to: [-1] }), {
        y: want('float32', [3], [1, 2, 3]),
      }),
    ],
  },
  {
    what: 'a size of zero, as in the first step of a decoder',
    file: 'zero-size.onnx',
    rows: [
      run('an empty past', () => ({ past: empty([1, 0, 2]), x: float([1, 2, 2], [1, 2, 3, 4]) }), {
        y: want('float32', [1, 2, 2], [1, 2, 3, 4]),
      }),
      run('a past', () => ({ past: float([1, 1, 2], [5, 6]), x: float([1, 1, 2], [1, 2]) }), {
        y: want('float32', [1, 2, 2], [5, 6, 1, 2]),
      }),
    ],
  },
];

/** Outputs and inputs that are no tensors. */
const CONTAINERS: readonly Case[] = [
  {
    what: 'a ZipMap with keys of int64',
    file: 'zipmap-int.onnx',
    elsewhere: true,
    outputs: [
      { name: 'label', dtype: 'int64' },
      { name: 'probabilities', labels: ['7', '1234567890123456789'] },
    ],
    rows: [
      run('two rows', () => ({ x: float([2, 2], [1, 0, 0, 1]) }), {
        label: want('int64', [2], [7n, 1234567890123456789n]),
        probabilities: want('float32', [2, 2], scores),
      }),
    ],
  },
  {
    what: 'a SequenceMap, with its sequence as an output',
    file: 'sequence-map.onnx',
    elsewhere: true,
    rows: [
      run('two rows', () => ({ x: float([2, 2], [1, 2, 3, 4]) }), {
        y: want('float32', [2, 2], [-1, -2, -3, -4]),
        negatives: [want('float32', [1, 2], [-1, -2]), want('float32', [1, 2], [-3, -4])],
      }),
    ],
  },
  {
    what: 'a sequence of int64 tensors of several sizes',
    file: 'sequence-int64.onnx',
    elsewhere: true,
    rows: [
      run('three values', () => ({ ids: int64([3], 1n, 2n, 9007199254740993n) }), {
        count: want('int64', [], [2n]),
        parts: [want('int64', [1], [1n]), want('int64', [2], [2n, 9007199254740993n])],
      }),
    ],
  },
  {
    what: 'an optional output',
    file: 'optional-out.onnx',
    elsewhere: true,
    rows: [
      run('one row', () => ({ x: float([1, 2], [1, 2]) }), {
        maybe: want('float32', [1, 2], [1, 2]),
      }),
    ],
  },
  {
    what: 'a sequence as an input',
    file: 'sequence-in.onnx',
    elsewhere: true,
    refused: { code: 'UNSUPPORTED_MODEL', words: ['"rows"', 'sequence'] },
  },
];

/** Names that have a meaning for JavaScript, for URLs or for predict(). */
const NAMES: readonly Case[] = [
  {
    what: 'inputs named as pixels, and another beside them',
    file: 'pixel-names.onnx',
    rows: [
      predict(
        'numbers and bytes',
        () => ({ width: 2, height: 3, data: Uint8Array.of(1, 2), scale: 10 }),
        { y: want('float32', [2], [61, 62]) },
      ),
      predict(
        'an array beside them',
        () => ({ width: 2, height: 3, data: Uint8Array.of(1, 2), scale: Float32Array.of(10) }),
        { y: want('float32', [2], [61, 62]) },
      ),
      predict(
        'a tensor beside them',
        () => ({
          width: 2,
          height: 3,
          data: new Uint8ClampedArray([1, 2]),
          scale: float([1], [10]),
        }),
        { y: want('float32', [2], [61, 62]) },
      ),
      invalid(
        'one that is missing',
        () => ({ width: 2, height: 3, data: Uint8Array.of(1, 2) }),
        'missing input "scale"',
      ),
    ],
  },
  {
    what: 'inputs named as the fields of a tensor',
    file: 'tensor-names.onnx',
    rows: [
      predict('lists', () => ({ dtype: [1, 2], shape: [10, 20], data: [100, 200] }), {
        y: want('float32', [2], [111, 222]),
      }),
      run(
        'tensors',
        () => ({
          dtype: float([2], [1, 2]),
          shape: float([2], [10, 20]),
          data: float([2], [100, 200]),
        }),
        { y: want('float32', [2], [111, 222]) },
      ),
    ],
  },
  {
    what: 'names that every object has',
    file: 'object-names.onnx',
    rows: [
      run(
        'tensors',
        () => ({ hasOwnProperty: float([2], [5, 6]), constructor: float([2], [1, 2]) }),
        { toString: want('float32', [2], [4, 4]) },
      ),
      predict('lists', () => ({ hasOwnProperty: [5, 6], constructor: [1, 2] }), {
        toString: want('float32', [2], [4, 4]),
      }),
      invalid(
        'one that is missing',
        () => ({ constructor: [1, 2] }),
        'missing input "hasOwnProperty"',
      ),
    ],
  },
  {
    what: 'spaces and % in every name',
    file: 'spaces 100%.onnx',
    rows: [predict('a list', spacedInput, spaced)],
  },
  {
    what: '# and ? in the name of a file',
    file: 'spaces 100%.onnx',
    files: { 'mo#del 50%?.onnx': 'spaces 100%.onnx' },
    rows: [predict('a list', spacedInput, spaced)],
  },
  {
    what: 'two weights of one file in a folder, by URL',
    file: 'ext-parts.onnx',
    elsewhere: true,
    rows: [predict('a list', () => [1, 2, 3, 4], parts)],
  },
  {
    what: 'two weights of one file in a folder, in a Map',
    file: 'ext-parts.onnx',
    elsewhere: true,
    files: { 'ext-parts.onnx': 'ext-parts.onnx', [partsFile]: partsFile },
    rows: [predict('a list', () => [1, 2, 3, 4], parts)],
  },
  {
    what: 'the same below another folder',
    file: 'ext-parts.onnx',
    elsewhere: true,
    files: { 'net/ext-parts.onnx': 'ext-parts.onnx', [`net/${partsFile}`]: partsFile },
    rows: [predict('a list', () => [1, 2, 3, 4], parts)],
  },
  {
    what: 'the same as files without folders',
    file: 'ext-parts.onnx',
    elsewhere: true,
    files: { 'ext-parts.onnx': 'ext-parts.onnx', 'all.bin': partsFile },
    rows: [predict('a list', () => [1, 2, 3, 4], parts)],
  },
];

/** Forms of a graph. */
const GRAPHS: readonly Case[] = [
  {
    what: 'a classic operator set that is too new',
    file: 'ml-opset-99.onnx',
    elsewhere: true,
    refused: {
      code: 'UNSUPPORTED_MODEL',
      words: ['version of domain ai.onnx.ml 99', 'takes versions up to'],
    },
  },
  {
    what: 'an operator that nobody knows',
    file: 'own-operator.onnx',
    elsewhere: true,
    refused: { code: 'UNSUPPORTED_OPERATOR', words: ['my.ops:Wobble'] },
  },
  {
    what: 'nodes in another order',
    file: 'unsorted.onnx',
    elsewhere: true,
    rows: [
      predict('a list', () => [3.5, -3.5, 0.2], { y: want('float32', [1, 3], [0.6, 0.8, 0]) }),
    ],
  },
  {
    what: 'an input of float64',
    file: 'no-cast.onnx',
    rows: [predict('a list', () => [1, 2, 3], { y: want('float32', [1, 3], [1, 2, 3]) })],
  },
  {
    what: 'sparse weights with pairs of indexes',
    file: 'sparse-pairs.onnx',
    elsewhere: true,
    rows: [
      predict(
        'nested lists',
        () => [
          [1, 2, 3],
          [4, 5, 6],
        ],
        { y: want('float32', [2, 3], [1, 7, 3, 3, 5, 8]) },
      ),
    ],
  },
  {
    what: 'several inputs with defaults',
    file: 'default-pair.onnx',
    inputs: [{ name: 'x' }, { name: 'scale', optional: true }, { name: 'shift', optional: true }],
    rows: [
      predict('x alone', () => [1, 2], {
        y: want('float32', [2], [2, 4]),
        z: want('int64', [1], [10000000000000002n]),
      }),
      predict('one of them', () => ({ x: [1, 2], shift: 9007199254740993n }), {
        y: want('float32', [2], [2, 4]),
        z: want('int64', [1], [9007199254740994n]),
      }),
      predict('the other', () => ({ x: [1, 2], scale: [-1] }), {
        y: want('float32', [2], [-1, -2]),
        z: want('int64', [1], [10000000000000002n]),
      }),
      invalid('a wrong one', () => ({ x: [1, 2], shift: 0.5 }), 'input "shift"', '0.5'),
      invalid('none that is needed', () => ({ scale: [1] }), 'missing input "x"'),
    ],
  },
];

export const VARIED: readonly Case[] = [...SHAPES, ...CONTAINERS, ...NAMES, ...GRAPHS];
