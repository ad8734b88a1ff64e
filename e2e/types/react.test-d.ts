// The types of the hooks. The declared models are those of named.test-d.ts. Compiled, never run.
import { useModel, usePredict, usePredictStream, useSuspenseModel } from '@perigee/react';
import type { ModelAt, QueryState, StreamSource, UseModelResult } from '@perigee/react';
import { PerigeeDevtools } from '@perigee/react/devtools';
import type {
  Classification,
  FileTypes,
  ImageInput,
  Model,
  ModelFrom,
  ModelNamed,
  ModelUrl,
  Prediction,
  PredictOptions,
  Tensor,
} from 'perigee';
import { expectTypeOf } from 'vitest';

declare const image: ImageInput;
declare const video: HTMLVideoElement | null;

// A name with known types.
type Shapes = ModelNamed<'test-shapes'>;
type Label = 'circle' | 'square' | undefined;
const shapes = useModel('test-shapes', { backend: 'auto', gcTime: Infinity });
expectTypeOf(shapes).toEqualTypeOf<UseModelResult<Shapes>>();
expectTypeOf(shapes.data).toEqualTypeOf<Shapes | undefined>();
if (shapes.isSuccess) expectTypeOf(shapes.data).toEqualTypeOf<Shapes>();
expectTypeOf(useModel('test-shapes@^2.1').data).toEqualTypeOf<Shapes | undefined>();
expectTypeOf(useSuspenseModel('test-shapes').data).toEqualTypeOf<Shapes>();
const shape = usePredict(shapes.data, image, { debounceMs: 100 });
expectTypeOf(shape.data?.output.label).toEqualTypeOf<Label>();
expectTypeOf(shape.data?.outputs.scores.data).toEqualTypeOf<Float32Array | undefined>();
expectTypeOf(usePredictStream(shapes.data, video).data?.output.label).toEqualTypeOf<Label>();
const churn = useModel('test-churn');
usePredict(churn.data, { age: 34, country: 'DE' });
usePredict(churn.data, null);
// @ts-expect-error: the feature "country" is missing.
usePredict(churn.data, { age: 34 });
// @ts-expect-error: the model takes an image.
usePredict(shapes.data, { age: 34, country: 'DE' });
// @ts-expect-error: the model takes no frames.
usePredictStream(churn.data, video);
declare const rows: StreamSource<{ age: number; country: 'DE' }>;
usePredictStream(churn.data, rows);

// The name may be a choice between known names. The call then says what the output is.
const either = useModel('test-churn' as 'test-churn' | 'test-shapes').data;
expectTypeOf(usePredict<Classification>(either, null).data?.output.label).toEqualTypeOf<
  string | undefined
>();

// A name that no file of types has.
const other = useModel('digits');
expectTypeOf(other).toEqualTypeOf<UseModelResult>();
expectTypeOf(other.data).toEqualTypeOf<Model | undefined>();
expectTypeOf(other.updateAvailable).toEqualTypeOf<string | undefined>();
if (other.status === 'error') expectTypeOf(other.error).toEqualTypeOf<Error>();
expectTypeOf(useModel(String('test-shapes')).data).toEqualTypeOf<Model | undefined>();
expectTypeOf(useSuspenseModel('digits').data).toEqualTypeOf<Model>();
expectTypeOf(usePredict(other.data, [1, 2])).toEqualTypeOf<QueryState<Prediction>>();
expectTypeOf(usePredict(other.data, null).data?.output).toEqualTypeOf<
  Classification | Tensor | undefined
>();
const named = usePredict<Classification>(other.data, { text: 'good' }, { debounceMs: 100 });
expectTypeOf(named.data?.output.label).toEqualTypeOf<string | undefined>();
expectTypeOf(usePredictStream(other.data, video).count).toEqualTypeOf<number>();

// A file by its URL. Its inputs are known where a file of types has the URL.
declare const imported: ModelUrl<{
  input: 'image';
  output: { label: 'circle' | 'square' };
  feeds: { image: { dtype: 'float32'; shape: [number, 1, 28, 28] } };
  outputs: { scores: { dtype: 'float32'; shape: [number, 2] } };
}>;
const file = useModel('/models/other.onnx');
expectTypeOf(file.data).toEqualTypeOf<Model<FileTypes> | undefined>();
expectTypeOf(usePredict(file.data, [1, 2]).data?.output).toEqualTypeOf<Tensor | undefined>();
// @ts-expect-error: a bare file takes no image.
usePredict(file.data, video);
expectTypeOf(useModel('other.onnx').data).toEqualTypeOf<Model<FileTypes> | undefined>();
expectTypeOf(useSuspenseModel(new URL('https://example.com/m.onnx')).data).toEqualTypeOf<
  Model<FileTypes>
>();
expectTypeOf<ModelAt<'/models/dense.onnx'>>().toEqualTypeOf<ModelFrom<'/models/dense.onnx'>>();
const dense = usePredict(useModel('/models/dense.onnx').data, [1, 2, 3, 4]);
expectTypeOf(dense.data?.outputs.label.data).toEqualTypeOf<string[] | undefined>();
expectTypeOf(usePredict(useModel(imported).data, image).data?.output.label).toEqualTypeOf<Label>();

// The results of all models go where a result is taken.
const states: readonly UseModelResult[] = [shapes, churn, other, file];
void states;
// @ts-expect-error: progress is a state of the hook.
useModel('digits', { onProgress: () => undefined });
// @ts-expect-error: the bytes of a file are no address.
useModel(new Uint8Array());

// A model of another kind, whose types say what it takes and answers.
declare const typed: {
  predict(
    input: { readonly text: string },
    options?: PredictOptions,
  ): Promise<Prediction<Classification>>;
};
expectTypeOf(usePredict(typed, { text: 'good' }).data?.output.label).toEqualTypeOf<
  string | undefined
>();
// @ts-expect-error: this model takes a text.
usePredict(typed, { image: 1 });
expectTypeOf(PerigeeDevtools).parameter(0).toExtend<object>();
