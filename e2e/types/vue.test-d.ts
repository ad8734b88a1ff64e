// The types of the composables. The declared models are those of named.test-d.ts. Never run.
import { useModel, usePredict, usePredictStream } from '@perigee/vue';
import type { UseModelResult } from '@perigee/vue';
import type { Classification, ImageInput, Model, ModelNamed, Tensor } from 'perigee';
import { expectTypeOf } from 'vitest';
import type { ShallowRef } from 'vue';

declare const image: ImageInput;
declare const video: Readonly<ShallowRef<HTMLVideoElement | null>>;

const shapes = useModel('test-shapes');
expectTypeOf(shapes).toEqualTypeOf<UseModelResult<ModelNamed<'test-shapes'>>>();
expectTypeOf(shapes.data.value).toEqualTypeOf<ModelNamed<'test-shapes'> | undefined>();
expectTypeOf(shapes.version.value).toEqualTypeOf<string | undefined>();
const shape = usePredict(shapes.data, () => image, { debounceMs: 100 });
expectTypeOf(shape.data.value?.output.label).toEqualTypeOf<'circle' | 'square' | undefined>();
expectTypeOf(usePredictStream(shapes.data, video).count.value).toEqualTypeOf<number>();
const churn = useModel('test-churn');
usePredict(churn.data, { age: 34, country: 'DE' });
// @ts-expect-error: the feature "country" is missing.
usePredict(churn.data, { age: 34 });
// @ts-expect-error: the model takes no frames.
usePredictStream(churn.data, video);

// A model whose output is not known. The call says what the output is.
const other = useModel(() => String('digits'));
expectTypeOf(other.data.value).toEqualTypeOf<Model | undefined>();
expectTypeOf(usePredict(other.data, null).data.value?.output).toEqualTypeOf<
  Classification | Tensor | undefined
>();
const named = usePredict<Classification>(other.data, { text: 'good' });
expectTypeOf(named.data.value?.output.label).toEqualTypeOf<string | undefined>();
expectTypeOf(
  usePredictStream<Classification>(other.data, video).data.value?.output.label,
).toEqualTypeOf<string | undefined>();
