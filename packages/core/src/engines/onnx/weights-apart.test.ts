import { walkOnnx, wireWrite } from '@perigee/registry';
import { graphInput, graphOutput, model, node } from '@perigee/registry/onnx';
import * as ort from 'onnxruntime-web';
import { expect, test } from 'vitest';
import { onnxEngine } from './engine.ts';
import { weightsApart } from './weights-apart.ts';

const LARGE = 65_536;
const { bytesField, concat, packedField, textField, varintField } = wireWrite;

/** y = x + w, where w is a TensorProto of these fields. `more` has further fields of the graph. */
function adding(tensor: readonly Uint8Array[], more: readonly Uint8Array[] = []): Uint8Array {
  return model([
    node('Add', ['x', 'w'], ['y']),
    bytesField(5, concat(tensor)),
    graphInput('x', 'float32', [LARGE]),
    graphOutput('y', 'float32', [LARGE]),
    ...more,
  ]);
}

// TensorProto: dims 1, data_type 2, float_data 4, name 8, raw_data 9, external_data 13,
// data_location 14.
const values = Float32Array.from({ length: LARGE }, (_, i) => i / 8);
const raw = bytesField(9, new Uint8Array(values.buffer));
const head = [varintField(2, 1), textField(8, 'w')];

test.each([
  ['one dimension a field', varintField(1, LARGE)],
  ['dimensions packed', packedField(1, [LARGE])],
])('with weights apart a model of a few bytes gives the same numbers: %s', async (_title, dims) => {
  const model = adding([dims, ...head, raw]);
  const apart = weightsApart(model);
  expect(apart?.graph.byteLength).toBeLessThan(500);
  expect(walkOnnx(apart!.graph).externalTensors).toMatchObject([
    { name: 'w', file: apart!.path, dtype: 'float32' },
  ]);
  const x = new ort.Tensor('float32', values, [LARGE]);
  const [whole, divided] = await Promise.all([
    ort.InferenceSession.create(model),
    ort.InferenceSession.create(apart!.graph, {
      externalData: [{ path: apart!.path, data: model }],
    }),
  ]);
  expect((await divided.run({ x })).y?.data).toEqual(values.map((value) => value * 2));
  expect((await divided.run({ x })).y?.data).toEqual((await whole.run({ x })).y?.data);
});

test.each([
  [
    'values that are not raw',
    [varintField(1, LARGE), ...head, bytesField(4, new Uint8Array(values.buffer))],
  ],
  ['values that are elsewhere already', [varintField(1, LARGE), ...head, raw, varintField(14, 1)]],
  ['two lots of values', [varintField(1, LARGE), ...head, raw, raw]],
  // The runtime would copy these bytes beyond the end of the tensor.
  ['more values than the shape has room for', [varintField(1, LARGE / 2), ...head, raw]],
  ['fewer', [varintField(1, LARGE), varintField(1, 2), ...head, raw]],
  [
    'elements of a width unknown',
    [varintField(1, LARGE * 8), varintField(2, 22), textField(8, 'w'), raw],
  ],
  ['small ones', [varintField(1, 4), ...head, bytesField(9, new Uint8Array(16))]],
])('a tensor stays in the graph: %s', (_title, tensor) => {
  expect(weightsApart(adding(tensor))).toBeNull();
});

test.each([
  ['nothing', new Uint8Array()],
  ['a page', new TextEncoder().encode('<!doctype html>')],
  ['a model cut off', adding([varintField(1, LARGE), ...head, raw]).slice(0, 200_000)],
])('what is no model is left to the runtime: %s', (_title, bytes) => {
  expect(weightsApart(bytes)).toBeNull();
});

test('a model whose external data has the name that Perigee uses gets the right weights', async () => {
  const external = (key: string, value: string): Uint8Array =>
    bytesField(13, concat([textField(1, key), textField(2, value)]));
  const b = bytesField(
    5,
    concat([
      varintField(1, LARGE),
      varintField(2, 1),
      textField(8, 'b'),
      external('location', 'perigee-weights'),
      varintField(14, 1),
    ]),
  );
  const sum = node('Add', ['x', 'b'], ['z']);
  const z = graphOutput('z', 'float32', [LARGE]);
  const files = {
    'model.onnx': adding([varintField(1, LARGE), ...head, raw], [sum, b, z]),
    'perigee-weights': new Uint8Array(new Float32Array(LARGE).fill(1_000).buffer),
  };
  const session = await onnxEngine.create(
    { entry: 'model.onnx', files },
    { backend: 'wasm', threads: 1, files: {}, wasmUrl: null, optimized: false },
  );
  const outputs = await session.run(
    { x: { dtype: 'float32', shape: [LARGE], data: new Float32Array(LARGE).fill(0.5) } },
    ['y', 'z'],
  );
  expect([outputs['y']!.data[8], outputs['z']!.data[8]]).toEqual([1.5, 1_000.5]);
  await session.dispose();
});
