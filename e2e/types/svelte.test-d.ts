// The types of the functions for Svelte. The declared models are those of named.test-d.ts. Never
// run.
import { useModel, usePredict, usePredictStream } from '@perigee/svelte';
import type { ModelState } from '@perigee/svelte';
import type { Classification, ImageInput, Model, ModelNamed, Tensor } from 'perigee';
import { expectTypeOf } from 'vitest';

declare const image: ImageInput;
declare const video: HTMLVideoElement | undefined;

const shapes = useModel('test-shapes');
expectTypeOf(shapes).toEqualTypeOf<ModelState<ModelNamed<'test-shapes'>>>();
if (shapes.isSuccess) expectTypeOf(shapes.data).toEqualTypeOf<ModelNamed<'test-shapes'>>();
const shape = usePredict(
  () => shapes.data,
  () => image,
  { debounceMs: 100 },
);
expectTypeOf(shape.data?.output.label).toEqualTypeOf<'circle' | 'square' | undefined>();
const frames = usePredictStream(
  () => shapes.data,
  () => video,
);
expectTypeOf(frames.count).toEqualTypeOf<number>();
const churn = useModel(() => 'test-churn');
usePredict(
  () => churn.data,
  () => ({ age: 34, country: 'DE' }),
);
usePredict(
  () => churn.data,
  // @ts-expect-error: the feature "country" is missing.
  () => ({ age: 34 }),
);

// A model whose output is not known. The call says what the output is.
const other = useModel(() => String('digits'));
expectTypeOf(other.data).toEqualTypeOf<Model | undefined>();
expectTypeOf(usePredict(() => other.data, null).data?.output).toEqualTypeOf<
  Classification | Tensor | undefined
>();
const named = usePredict<Classification>(
  () => other.data,
  () => ({ text: 'good' }),
);
expectTypeOf(named.data?.output.label).toEqualTypeOf<string | undefined>();
usePredict(() => churn.data, { age: 34, country: 'DE' });
