import { expect, test } from 'vitest';
import { walkOnnx } from '../chunks/onnx-walk.ts';
import { fields, text } from '../chunks/wire.ts';
import { graphInput, graphOutput, initializer, model, node } from './write-model.ts';
import type { AttributeValue, ElementType } from './write-model.ts';

test('a written model has its nodes, weights, inputs, outputs and opsets', () => {
  const bytes = model(
    [
      node('MatMul', ['x', 'w'], ['h']),
      node('Scaler', ['h'], ['y'], {}, { domain: 'ai.onnx.ml' }),
      initializer('w', { dtype: 'float32', shape: [2, 3], data: new Float32Array(6) }),
      graphInput('x', 'float32', ['batch', 2]),
      graphOutput('y', 'float32', 2),
    ],
    { opsets: { '': 13, 'ai.onnx.ml': 3 }, irVersion: 7 },
  );
  expect(walkOnnx(bytes)).toMatchObject({
    irVersion: 7,
    opsets: { '': 13, 'ai.onnx.ml': 3 },
    operators: { MatMul: 1, 'ai.onnx.ml.Scaler': 1 },
    inputs: [{ name: 'x', dtype: 'float32', shape: ['batch', 2] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: ['y_0', 'y_1'] }],
    tensors: [{ name: 'w', dtype: 'float32' }],
  });
});

test('an element type without a name is refused', () => {
  expect(() => graphInput('x', 'complex64' as ElementType)).toThrow('no element type "complex64"');
});

/** Bytes after the name of the only attribute of a node. */
function attributeBytes(value: AttributeValue, isProto3 = false): number[] {
  const bytes = node('Op', [], [], { a: value }, { isProto3 });
  const [whole] = fields(bytes, 0, bytes.byteLength);
  const [found] = Array.from(fields(bytes, whole!.start, whole!.end)).filter(
    ({ number }) => number === 5,
  );
  const [name] = fields(bytes, found!.start, found!.end);
  expect(text(bytes, name!)).toBe('a');
  return [...bytes.subarray(name!.end, found!.end)];
}

const LAST = [0xa0, 0x01];
test.each<[string, AttributeValue, number[], number[]]>([
  ['a whole number', 300, [0x18, 0xac, 0x02, ...LAST, 2], [0x18, 0xac, 0x02, ...LAST, 2]],
  ['zero', 0, [0x18, 0, ...LAST, 2], [...LAST, 2]],
  ['a text', 'b', [0x22, 1, 0x62, ...LAST, 3], [0x22, 1, 0x62, ...LAST, 3]],
  ['whole numbers', [1, 2], [0x40, 1, 0x40, 2, ...LAST, 7], [0x42, 2, 1, 2, ...LAST, 7]],
  ['texts', ['b'], [0x4a, 1, 0x62, ...LAST, 8], [0x4a, 1, 0x62, ...LAST, 8]],
  [
    'a float',
    { float: 1 },
    [0x15, 0, 0, 0x80, 0x3f, ...LAST, 1],
    [0x15, 0, 0, 0x80, 0x3f, ...LAST, 1],
  ],
  ['a float of zero', { float: 0 }, [0x15, 0, 0, 0, 0, ...LAST, 1], [...LAST, 1]],
  [
    'floats',
    { floats: [1] },
    [0x3d, 0, 0, 0x80, 0x3f, ...LAST, 6],
    [0x3a, 4, 0, 0, 0x80, 0x3f, ...LAST, 6],
  ],
])('%s as an attribute, in proto2 and in proto3', (_what, value, proto2, proto3) => {
  expect(attributeBytes(value)).toEqual(proto2);
  expect(attributeBytes(value, true)).toEqual(proto3);
});

test('a fraction must be marked as a float', () => {
  expect(() => node('Op', [], [], { epsilon: 0.5 })).toThrow('write 0.5 as { float: 0.5 }');
});

test('a negative number takes ten bytes', () => {
  expect(attributeBytes(-1)).toEqual([0x18, ...Array<number>(9).fill(0xff), 1, ...LAST, 2]);
  expect(attributeBytes(-1n)).toEqual(attributeBytes(-1));
});
