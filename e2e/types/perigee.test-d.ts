// The types of `perigee`, as an app's TypeScript sees them. Compiled, never run. Each
// `@ts-expect-error` is a mistake that has to stay an error.
import { createPerigee, loadModel, PerigeeError } from 'perigee';
import type {
  Classification,
  ErrorCode,
  FileTypes,
  LoadModelOptions,
  Model,
  OutsideTraining,
  Perigee,
  Prediction,
  Tensor,
  Tensors,
  Timing,
} from 'perigee';
import { fromFloat16, toFloat16 } from 'perigee/float16';
import { expectTypeOf } from 'vitest';

// Loading a bare file.
const model = await loadModel('/model.onnx', { backend: 'auto', threads: 2 });
expectTypeOf(model).toEqualTypeOf<Model<FileTypes>>();
expectTypeOf<Awaited<ReturnType<typeof loadModel>>>().toEqualTypeOf<Model>();
await loadModel(new URL('https://example.com/model.onnx'));
await loadModel(new Uint8Array(8), { format: 'onnx' });
// @ts-expect-error: a model is no number.
await loadModel(42);
// @ts-expect-error: there is no such backend.
await loadModel('/model.onnx', { backend: 'cuda' });
// @ts-expect-error: telemetry can be left out, not switched on, per model.
await loadModel('/model.onnx', { telemetry: true });

// Predicting.
const prediction = await model.predict({ data: new Float32Array(4) });
expectTypeOf(prediction).toEqualTypeOf<Prediction<Tensor>>();
expectTypeOf(prediction.output).toEqualTypeOf<Tensor>();
prediction.output.data[0] satisfies number | bigint | string | undefined;
expectTypeOf(prediction.outputs).toEqualTypeOf<Tensors>();
expectTypeOf(prediction.timing).toEqualTypeOf<Timing>();
expectTypeOf(prediction.outside).items.toEqualTypeOf<OutsideTraining>();
for (const outside of prediction.outside) {
  if (outside.reason === 'new-word') outside.value satisfies string;
  else [outside.value, outside.min, outside.max] satisfies number[];
  // @ts-expect-error: a word has no range.
  outside.max satisfies number;
}
await model.predict([
  [1, 2],
  [3, 4],
]);
await model.predict({ x: [1, 2], y: undefined }, { priority: 'background', timeoutMs: 100 });
// @ts-expect-error: a bare file has no pipeline that takes images.
await model.predict(new Blob());
// @ts-expect-error: an input is missing.
await model.predict();
// @ts-expect-error: a function is no input.
await model.predict(() => 1);
// @ts-expect-error: a bare file answers with a tensor.
prediction.output.label satisfies string;
// @ts-expect-error: a prediction does not change.
prediction.id = '';

expectTypeOf(await model.predictMany([new Float32Array(4)])).items.toEqualTypeOf<
  Prediction<Tensor>
>();
for await (const each of model.predictStream([[1], [2]], { whenBusy: 'latest' })) {
  expectTypeOf(each).toEqualTypeOf<Prediction<Tensor>>();
}

// Tensors: the element type decides the kind of array.
const tensor: Tensor<'float32'> = { dtype: 'float32', shape: [1], data: new Float32Array(1) };
expectTypeOf(await model.run({ x: tensor })).toEqualTypeOf<Tensors>();
// @ts-expect-error: int64 takes a BigInt64Array.
const wrong: Tensor<'int64'> = { dtype: 'int64', shape: [1], data: new Float32Array(1) };
await model.run({ wrong }, { outputs: ['y'] });
expectTypeOf(fromFloat16(toFloat16([1]))).toEqualTypeOf<Float32Array>();

// A model of a registry.
const perigee = createPerigee({ registry: 'https://models.example.com/', store: 'memory' });
expectTypeOf(perigee).toEqualTypeOf<Perigee>();
const published = await perigee.load('digits@^1.2', { update: 'latest' });
expectTypeOf(published).toEqualTypeOf<Model>();
await published.predict({ age: 34, job: 'cook', visits: null });
const answer = await published.predict(new Blob());
expectTypeOf(answer).toEqualTypeOf<Prediction>();
expectTypeOf(answer.output).toEqualTypeOf<Classification | Tensor>();
// @ts-expect-error: the label is there only where the pipeline ends in labels.
answer.output.label satisfies string;
if ('label' in answer.output) expectTypeOf(answer.output.label).toEqualTypeOf<string>();
expectTypeOf(
  await loadModel('digits', { registry: 'https://models.example.com/' }),
).toEqualTypeOf<Model>();
const options: LoadModelOptions = {};
// The options may have a registry.
expectTypeOf(await loadModel('digits', options)).toEqualTypeOf<Model>();
expectTypeOf(await loadModel('/digits.onnx', options)).toEqualTypeOf<Model<FileTypes>>();
// @ts-expect-error: an option that is written wrong is no option.
await loadModel('digits', { registri: 'https://models.example.com/' });
await model.feedback(prediction.id, { label: '1' });
// @ts-expect-error: telemetry needs the collector's address.
createPerigee({ telemetry: { sampling: 0.5 } });
// @ts-expect-error: an option that is written wrong is no option.
createPerigee({ registri: 'https://models.example.com/' });

// Events have types of their own.
const stop = model.on('rollback', ({ from, to }) => {
  expectTypeOf(from).toEqualTypeOf<string>();
  expectTypeOf(to).toEqualTypeOf<string>();
});
expectTypeOf(stop).toEqualTypeOf<() => void>();
// @ts-expect-error: there is no such event.
model.on('rolled-back', () => undefined);

// Errors.
const error = new PerigeeError('TIMEOUT', 'The run took too long.');
expectTypeOf(error).toExtend<Error>();
expectTypeOf(error.code).toEqualTypeOf<ErrorCode>();
// @ts-expect-error: the list of codes is closed.
void new PerigeeError('TOO_LATE', 'The run took too long.');
