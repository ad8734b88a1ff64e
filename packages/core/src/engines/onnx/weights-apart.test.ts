import { walkOnnx } from '@perigee/registry';
import * as ort from 'onnxruntime-web';
import { expect, test } from 'vitest';
import { onnxEngine } from './engine.ts';
import { weightsApart } from './weights-apart.ts';

const LARGE = 65_536;
const field = (number: number, payload: Uint8Array): Buffer =>
  Buffer.concat([varint(number * 8 + 2), varint(payload.length), payload]);
const number = (id: number, value: number): Buffer =>
  Buffer.concat([varint(id * 8), varint(value)]);
const text = (id: number, value: string): Buffer => field(id, Buffer.from(value));

function varint(value: number): Buffer {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1]! += 128;
    bytes.push(rest % 128);
  }
  return Buffer.from(bytes);
}

/** y = x + w, where w is `tensor`. `more` has further fields of the graph. */
function adding(tensor: readonly Buffer[], more: readonly Buffer[] = []): Uint8Array {
  const value = (id: number, name: string): Buffer =>
    field(
      id,
      Buffer.concat([
        text(1, name),
        field(2, field(1, Buffer.concat([number(1, 1), field(2, field(1, number(1, LARGE)))]))),
      ]),
    );
  const graph = [
    field(1, Buffer.concat([text(1, 'x'), text(1, 'w'), text(2, 'y'), text(4, 'Add')])),
    text(2, 'adds'),
    field(5, Buffer.concat(tensor)),
    value(11, 'x'),
    value(12, 'y'),
    ...more,
  ];
  return new Uint8Array(
    Buffer.concat([number(1, 8), field(7, Buffer.concat(graph)), field(8, number(2, 17))]),
  );
}

const values = Float32Array.from({ length: LARGE }, (_, i) => i / 8);
const raw = field(9, new Uint8Array(values.buffer));
const head = [number(2, 1), text(8, 'w')];

test.each([
  ['one dimension a field', number(1, LARGE)],
  ['dimensions packed', field(1, varint(LARGE))],
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
  ['values that are not raw', [number(1, LARGE), ...head, field(4, new Uint8Array(values.buffer))]],
  ['values that are elsewhere already', [number(1, LARGE), ...head, raw, number(14, 1)]],
  ['two lots of values', [number(1, LARGE), ...head, raw, raw]],
  // The runtime would copy these bytes beyond the end of the tensor.
  ['more values than the shape has room for', [number(1, LARGE / 2), ...head, raw]],
  ['fewer', [number(1, LARGE), number(1, 2), ...head, raw]],
  ['elements of a width unknown', [number(1, LARGE * 8), number(2, 22), text(8, 'w'), raw]],
  ['small ones', [number(1, 4), ...head, field(9, new Uint8Array(16))]],
])('a tensor stays in the graph: %s', (_title, tensor) => {
  expect(weightsApart(adding(tensor))).toBeNull();
});

test.each([
  ['nothing', new Uint8Array()],
  ['a page', new TextEncoder().encode('<!doctype html>')],
  ['a model cut off', adding([number(1, LARGE), ...head, raw]).slice(0, 200_000)],
])('what is no model is left to the runtime: %s', (_title, bytes) => {
  expect(weightsApart(bytes)).toBeNull();
});

test('a model whose external data has the name that Perigee uses gets the right weights', async () => {
  const external = (key: string, value: string): Buffer =>
    field(13, Buffer.concat([text(1, key), text(2, value)]));
  const b = field(
    5,
    Buffer.concat([
      number(1, LARGE),
      number(2, 1),
      text(8, 'b'),
      external('location', 'perigee-weights'),
      number(14, 1),
    ]),
  );
  const sum = field(1, Buffer.concat([text(1, 'x'), text(1, 'b'), text(2, 'z'), text(4, 'Add')]));
  const z = field(
    12,
    Buffer.concat([
      text(1, 'z'),
      field(2, field(1, Buffer.concat([number(1, 1), field(2, field(1, number(1, LARGE)))]))),
    ]),
  );
  const files = {
    'model.onnx': adding([number(1, LARGE), ...head, raw], [sum, b, z]),
    'perigee-weights': new Uint8Array(new Float32Array(LARGE).fill(1_000).buffer),
  };
  const session = await onnxEngine.create(
    { entry: 'model.onnx', files },
    { backend: 'wasm', threads: 1, wasmUrl: null, optimized: false },
  );
  const outputs = await session.run(
    { x: { dtype: 'float32', shape: [LARGE], data: new Float32Array(LARGE).fill(0.5) } },
    ['y', 'z'],
  );
  expect([outputs['y']!.data[8], outputs['z']!.data[8]]).toEqual([1.5, 1_000.5]);
  await session.dispose();
});
