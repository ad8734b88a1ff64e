// The types of models that a generated file names. The declarations are of the form that
// `perigee types` writes. Compiled, never run.
import { createPerigee, loadModel } from 'perigee';
import type {
  Classification,
  GeneralTypes,
  ImageInput,
  Model,
  ModelFrom,
  ModelNamed,
  ModelUrl,
  Prediction,
  Tensor,
} from 'perigee';
import { expectTypeOf } from 'vitest';

interface DenseModel {
  input: 'tensors';
  output: { dtype: 'float32'; shape: [number, 2] };
  feeds: { x: { dtype: 'float32'; shape: [number, 4] } };
  outputs: {
    y: { dtype: 'float32'; shape: [number, 2] };
    label: { dtype: 'string'; shape: [number] };
  };
}

declare module 'perigee' {
  interface ModelsByName {
    'test-shapes': {
      input: 'image';
      output: { label: 'circle' | 'square' };
      reads: 'scores';
      feeds: { image: { dtype: 'float32'; shape: [number, 1, 28, 28] } };
      outputs: {
        scores: { dtype: 'float32'; shape: [number, 2] };
        hidden: { dtype: 'float32'; shape: number[] };
      };
    };
    'test-shapes@stable': ModelsByName['test-shapes'];
    'test-shapes@2': ModelsByName['test-shapes'];
    'test-churn': {
      input: { row: { age: number; country: 'DE' | 'FR' } };
      output: { label: 'stays' | 'leaves' };
      reads: 'p';
      feeds: { age: { dtype: 'float32'; shape: [1] }; country: { dtype: 'string'; shape: [1] } };
      outputs: { p: { dtype: 'float32'; shape: [number, 2] } };
    };
    'test-price': {
      input: { row: { size?: number | null; rooms?: number | null } };
      output: { dtype: 'float32'; shape: [number, 1] };
      reads: 'y';
      feeds: { x: { dtype: 'float32'; shape: [number, 2] } };
      outputs: { y: { dtype: 'float32'; shape: [number, 1] } };
    };
    'test-two': {
      input: 'tensors';
      output: { dtype: 'int64'; shape: [number] };
      feeds: {
        ids: { dtype: 'int64'; shape: [number] };
        bias?: { dtype: 'float32'; shape: [] };
      };
      outputs: { sum: { dtype: 'int64'; shape: [number] } };
    };
    'test-pair': {
      input: 'tensors';
      output: { dtype: 'int64'; shape: [number] };
      feeds: { a: { dtype: 'float32'; shape: [2] }; b: { dtype: 'string'; shape: [2] } };
      outputs: { sum: { dtype: 'int64'; shape: [number] } };
    };
    'test-list': {
      input: 'tensors';
      output: { dtype: 'float32'; shape: number[]; list: true };
      feeds: { x: { dtype: 'float32'; shape: [2] } };
      outputs: {
        boxes: { dtype: 'float32'; shape: number[]; list: true };
        count: { dtype: 'int64'; shape: [] };
      };
    };
  }
  interface ModelsByUrl {
    '/models/dense.onnx': DenseModel;
  }
}

const perigee = createPerigee({ registry: 'https://models.example.com/' });
const pixels = { width: 1, height: 1, data: new Uint8Array(4) };

// A model of images whose pipeline ends in labels.
const shapes = await perigee.load('test-shapes');
const shape = await shapes.predict(pixels);
expectTypeOf(shape.output).toEqualTypeOf<Classification<'circle' | 'square'>>();
expectTypeOf(shape.output.label).toEqualTypeOf<'circle' | 'square'>();
expectTypeOf(shape.output.top[0]?.label).toEqualTypeOf<'circle' | 'square' | undefined>();
expectTypeOf(shape.output.score).toEqualTypeOf<number>();
expectTypeOf(shape.outputs.scores.shape).toEqualTypeOf<readonly [number, 2]>();
expectTypeOf(shape.outputs.scores.data).toEqualTypeOf<Float32Array>();
expectTypeOf(shapes.predict).parameter(0).toEqualTypeOf<ImageInput>();
// @ts-expect-error: it takes an image.
await shapes.predict({ age: 34 });
// @ts-expect-error: the pipeline does not read this output, so a prediction has it not.
void shape.outputs.hidden;
// @ts-expect-error: there is no such label.
if (shape.output.label === 'triangle') void 0;
for await (const { output } of shapes.predictStream([pixels])) {
  expectTypeOf(output.label).toEqualTypeOf<'circle' | 'square'>();
}
const [first] = await shapes.predictMany([pixels]);
expectTypeOf(first?.output.label).toEqualTypeOf<'circle' | 'square' | undefined>();
// @ts-expect-error: each of them is an image.
await shapes.predictMany(['circle']);

// References with a channel or with the major version.
type Shapes = ModelNamed<'test-shapes'>;
expectTypeOf(await perigee.load('test-shapes@stable')).toEqualTypeOf<Shapes>();
expectTypeOf(await perigee.load('test-shapes@2')).toEqualTypeOf<Shapes>();
expectTypeOf(await perigee.load('test-shapes@^2.1')).toEqualTypeOf<Shapes>();
expectTypeOf(await perigee.load('test-shapes@2.1.0', {})).toEqualTypeOf<Shapes>();
expectTypeOf(await perigee.load('test-shapes@~2.x')).toEqualTypeOf<Shapes>();
expectTypeOf(await perigee.load('test-shapes@^3')).toEqualTypeOf<Model>();
expectTypeOf(await perigee.load('test-shapes@>=2')).toEqualTypeOf<Model>();
expectTypeOf(await perigee.load('test-shapes@2.0.0 - 4')).toEqualTypeOf<Model>();
expectTypeOf(await perigee.load('test-shapes@^2||^3')).toEqualTypeOf<Model>();
expectTypeOf(await perigee.load('test-shapes@canary')).toEqualTypeOf<Model>();
expectTypeOf(await perigee.load('other')).toEqualTypeOf<Model>();
expectTypeOf(await perigee.load(String('test-shapes'))).toEqualTypeOf<Model>();
expectTypeOf(
  await loadModel('test-shapes', { registry: 'https://models.example.com/' }),
).toEqualTypeOf<Shapes>();

// A model of a row with words.
const churn = await perigee.load('test-churn');
const { output: answer } = await churn.predict({ age: 34, country: 'DE' });
expectTypeOf(answer.label).toEqualTypeOf<'stays' | 'leaves'>();
await churn.predict({ age: 34, country: 'another word' });
await churn.predict({ age: 34, country: 7 });
await churn.predict([34, 'DE']);
// @ts-expect-error: the feature "country" is missing.
await churn.predict({ age: 34 });
// @ts-expect-error: there is no such feature.
await churn.predict({ age: 34, country: 'DE', visits: 3 });
// @ts-expect-error: "age" is a number.
await churn.predict({ age: '34', country: 'DE' });
// @ts-expect-error: a missing value is not filled in.
await churn.predict({ age: null, country: 'DE' });

// A model of numbers that fills in what is missing.
const price = await perigee.load('test-price');
const { output: cost } = await price.predict({ size: 80 });
expectTypeOf(cost).toEqualTypeOf<Tensor<'float32', readonly [number, 1]>>();
expectTypeOf(cost.data).toEqualTypeOf<Float32Array>();
await price.predict({ size: null, rooms: undefined });
await price.predict([80, null]);
await price.predict(Float32Array.of(80, 3));
// @ts-expect-error: the features are numbers.
await price.predict(['80', 3]);

// A model without a pipeline, with an input that may be left out.
const two = await perigee.load('test-two');
await two.predict({ ids: [1, 2n] });
await two.predict({ ids: BigInt64Array.of(1n), bias: 0.5 });
await two.predict([1n, 2n]);
await two.predict(BigInt64Array.of(1n));
// @ts-expect-error: int64 takes a BigInt64Array.
await two.predict({ ids: Int32Array.of(1) });
// @ts-expect-error: "ids" is missing.
await two.predict({ bias: 1 });
// @ts-expect-error: the model has no such input.
await two.predict({ ids: [1], mask: [1] });
// @ts-expect-error: numbers are not text.
await two.predict({ ids: ['1'] });
const ids: Tensor<'int64'> = { dtype: 'int64', shape: [1], data: BigInt64Array.of(1n) };
const { sum } = await two.run({ ids });
expectTypeOf(sum).toEqualTypeOf<Tensor<'int64', readonly [number]>>();
// @ts-expect-error: "ids" is missing.
await two.run({});
const pair = await perigee.load('test-pair');
await pair.predict({ a: [1, 2], b: ['x', 'y'] });
// @ts-expect-error: it has two inputs, which are passed by name.
await pair.predict([1, 2]);

// A model whose file has a sequence. It is no `Model`, whose outputs are single tensors.
const list = await perigee.load('test-list');
const listed = await list.predict([1, 2]);
expectTypeOf(listed.output).toEqualTypeOf<readonly Tensor<'float32'>[]>();
expectTypeOf(listed.outputs.boxes[0]?.data).toEqualTypeOf<Float32Array | undefined>();
expectTypeOf(listed.outputs.count.data).toEqualTypeOf<BigInt64Array>();
// @ts-expect-error: the output is a list.
void listed.output.data;
// @ts-expect-error: the output of a `Model` is one tensor or a label.
list satisfies Model;

// A file, by its URL.
const dense = await loadModel('/models/dense.onnx', { backend: 'wasm' });
const { output, outputs } = await dense.predict([1, 2, 3, 4]);
expectTypeOf(output.data[0]).toEqualTypeOf<number | undefined>();
expectTypeOf(outputs.label.data).toEqualTypeOf<string[]>();
await dense.predict(Float32Array.of(1, 2, 3, 4));
await dense.predict({ x: { dtype: 'float32', shape: [1, 4], data: new Float32Array(4) } });
// @ts-expect-error: float32 takes a Float32Array.
await dense.predict(Float64Array.of(1, 2, 3, 4));
// @ts-expect-error: the input is "x".
await dense.predict({ y: [1, 2, 3, 4] });
const x: Tensor<'float32'> = { dtype: 'float32', shape: [1, 4], data: new Float32Array(4) };
const { y } = await dense.run({ x }, { outputs: ['y'] });
expectTypeOf(y).toEqualTypeOf<Tensor<'float32', readonly [number, 2]> | undefined>();
expectTypeOf((await dense.run({ x })).label.data).toEqualTypeOf<string[]>();
// @ts-expect-error: the input is "x".
await dense.run({ y: x });

// The import of a model file.
declare const imported: ModelUrl<DenseModel>;
expectTypeOf(await loadModel(imported)).toEqualTypeOf<ModelFrom<'/models/dense.onnx'>>();
imported satisfies string;

// A model of any kind goes where a model is taken.
const all: readonly Model[] = [shapes, churn, price, two, pair, dense];
const held: { current: Model | null } = { current: shapes };
const predictions: readonly Prediction[] = [shape, await price.predict([1, 2])];
expectTypeOf(all[0]).toEqualTypeOf<Model<GeneralTypes> | undefined>();
expectTypeOf(held.current).toEqualTypeOf<Model | null>();
void predictions;
// The name may be a choice between known names.
const either = await perigee.load('test-churn' as 'test-churn' | 'test-shapes');
expectTypeOf(either.name).toEqualTypeOf<string>();
