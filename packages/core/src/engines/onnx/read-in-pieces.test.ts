import { wireWrite } from '@perigee/registry';
import { graphInput, graphOutput, initializer, model, node } from '@perigee/registry/onnx';
import type { TensorValues } from '@perigee/registry/onnx';
import { InferenceSession } from 'onnxruntime-web';
import { expect, onTestFinished, test, vi } from 'vitest';
import { fileInPieces } from '../../store/file-in-pieces.ts';
import { cut } from '../../store/in-pieces.fixture.ts';
import type { OpenFile } from '../../store/store.ts';
import type { Tensors } from '../../tensor.ts';
import type { EngineFiles, EngineSession } from '../engine.ts';
import { onnxEngine } from './engine.ts';
import { lightModel } from './light-model.ts';

const { bytesField, concat, textField, varintField } = wireWrite;

type Files = Readonly<Record<string, Uint8Array<ArrayBuffer>>>;

const CHUNK_BYTES = 100_000;
const WASM = { backend: 'wasm', threads: 1, files: {}, wasmUrl: null, optimized: false } as const;
const SIDE = 300;
const values = (length: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length }, (_, i) => Math.sin(i) / 16);
interface Floats extends TensorValues {
  readonly dtype: 'float32';
  readonly data: Float32Array<ArrayBuffer>;
}

const tensor = (...shape: number[]): Floats => ({
  dtype: 'float32',
  shape,
  data: values(shape.reduce((all, size) => all * size, 1)),
});
const feeds: Tensors = { x: tensor(1, SIDE) };
const ends = [graphInput('x', 'float32', [1, SIDE]), graphOutput('y', 'float32', [1, SIDE])];
const square = tensor(SIDE, SIDE);
/** TensorProto: dims 1, data_type 2, float_data 4, name 8, external_data 13, data_location 14. */
const squareProto = (name: string, ...more: Uint8Array[]): Uint8Array =>
  bytesField(
    5,
    concat([
      varintField(1, SIDE),
      varintField(1, SIDE),
      varintField(2, 1),
      textField(8, name),
      ...more,
    ]),
  );
const entry = (key: string, value: string): Uint8Array =>
  bytesField(13, concat([textField(1, key), textField(2, value)]));

async function opened(files: EngineFiles): Promise<EngineSession> {
  const session = await onnxEngine.create(files, WASM);
  onTestFinished(() => session.dispose());
  return session;
}

/** Opens `model.onnx` from whole files and from pieces. Counts the sessions made of the pieces. */
async function bothWays(files: Files): Promise<{
  readonly whole: EngineSession;
  readonly pieces: EngineSession;
  readonly onDisk: Readonly<Record<string, OpenFile>>;
  readonly sessions: number;
}> {
  const whole = await opened({ entry: 'model.onnx', files });
  const onDisk: Record<string, OpenFile> = {};
  for (const [path, bytes] of Object.entries(files)) {
    const { file, chunks, blob } = await cut(bytes, CHUNK_BYTES, path);
    onDisk[path] = await fileInPieces(blob, file, chunks);
    onTestFinished(() => onDisk[path]!.close());
  }
  const create = vi.spyOn(InferenceSession, 'create');
  onTestFinished(() => create.mockRestore());
  const pieces = await opened({ entry: 'model.onnx', files: {}, onDisk });
  return { whole, pieces, onDisk, sessions: create.mock.calls.length };
}

test('weights that are inputs too give the same signature from a whole file and from pieces', async () => {
  const side = 1450;
  const bytes = model([
    node('MatMul', ['x', 'w'], ['h']),
    node('Add', ['h', 'b'], ['y']),
    initializer('w', tensor(side, side)),
    initializer('b', tensor(1, side)),
    graphInput('x', 'float32', [1, side]),
    graphInput('w', 'float32', [side, side]),
    graphInput('b', 'float32', [1, side]),
    graphOutput('y', 'float32', [1, side]),
  ]);
  expect(bytes.byteLength).toBeGreaterThan(8 * 1024 * 1024);
  const { whole, pieces } = await bothWays({ 'model.onnx': bytes });
  expect(pieces.signature).toEqual(whole.signature);
  const x: Tensors = { x: tensor(1, side) };
  expect(await pieces.run(x)).toEqual(await whole.run(x));
});

test('a small default beside large weights leaves the weights in pieces', async () => {
  const bytes = model([
    node('MatMul', ['x', 'w'], ['h']),
    node('Add', ['h', 'b'], ['y']),
    initializer('w', square),
    initializer('b', tensor(1, SIDE)),
    graphInput('b', 'float32', [1, SIDE]),
    ...ends,
  ]);
  const { whole, pieces, onDisk } = await bothWays({ 'model.onnx': bytes });
  expect(pieces.signature).toEqual(whole.signature);
  expect(pieces.signature.inputs).toMatchObject([{ name: 'b', optional: true }, { name: 'x' }]);
  await onDisk['model.onnx']!.restore!();
  expect(lightModel('model.onnx', onDisk)).not.toBeNull();
});

const gather = node('Gather', ['w', 'row'], ['h'], { axis: 0 });
const row = initializer('row', { dtype: 'int64', shape: [1], data: BigInt64Array.of(7n) });
const sum = node('Add', ['h', 'x'], ['i']);
const external = [entry('location', 'weights.bin'), varintField(14, 1)];
const weights = new Uint8Array(square.data.slice().buffer);

test.each<[string, Files]>([
  [
    'a tensor that two nodes take',
    {
      'model.onnx': model([
        gather,
        sum,
        node('Transpose', ['w'], ['t']),
        node('MatMul', ['i', 't'], ['y']),
        initializer('w', square),
        row,
        ...ends,
      ]),
    },
  ],
  [
    'a tensor that a graph within the graph takes too',
    {
      'model.onnx': model([
        gather,
        sum,
        node('ReduceSum', ['x'], ['s'], { keepdims: 0 }),
        initializer('zero', { dtype: 'float32', shape: [], data: Float32Array.of(0) }),
        node('Greater', ['s', 'zero'], ['c']),
        node('If', ['c'], ['y'], {
          then_branch: {
            graph: [
              node('Transpose', ['w'], ['t']),
              node('MatMul', ['i', 't'], ['y1']),
              graphOutput('y1', 'float32', [1, SIDE]),
            ],
          },
          else_branch: {
            graph: [node('MatMul', ['i', 'w'], ['y2']), graphOutput('y2', 'float32', [1, SIDE])],
          },
        }),
        initializer('w', square),
        row,
        ...ends,
      ]),
    },
  ],
  [
    'two tensors of the same bytes',
    {
      'model.onnx': model([
        node('MatMul', ['x', 'w'], ['h']),
        node('Transpose', ['v'], ['t']),
        node('MatMul', ['h', 't'], ['y']),
        squareProto('w', ...external),
        squareProto('v', ...external),
        ...ends,
      ]),
      'weights.bin': weights,
    },
  ],
])('one session is made of pieces, and it gives the same numbers: %s', async (_title, files) => {
  const { whole, pieces, sessions } = await bothWays(files);
  expect(sessions).toBe(1);
  expect(await pieces.run(feeds)).toEqual(await whole.run(feeds));
});

test('a model whose weights cannot be taken out is opened as a whole, from bytes that are given up', async () => {
  const floats = bytesField(4, new Uint8Array(square.data.slice().buffer));
  const bytes = model([node('MatMul', ['x', 'w'], ['y']), squareProto('w', floats), ...ends]);
  const { whole, pieces, onDisk } = await bothWays({ 'model.onnx': bytes });
  expect(await pieces.run(feeds)).toEqual(await whole.run(feeds));
  expect(() => onDisk['model.onnx']!.read(0, 100)).toThrow('taken already');
  await onDisk['model.onnx']!.restore!();
  expect(onDisk['model.onnx']!.read(0, bytes.byteLength)).toEqual(bytes);
});
