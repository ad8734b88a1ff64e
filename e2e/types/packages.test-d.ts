// The types of the packages beside the SDK, as TypeScript sees them. Compiled, never run.
import { pack } from '@perigee/cli';
import type { PackedRelease } from '@perigee/cli';
import { startCollector } from '@perigee/collector';
import type { Collector } from '@perigee/collector';
import { createCounters, decodeProfile, encodeProfile, mergeProfiles } from '@perigee/profile';
import type { Counters, Profile } from '@perigee/profile';
import { benjaminiHochberg, psi } from '@perigee/profile/analysis';
import { useModel, usePredict, usePredictStream, useSuspenseModel } from '@perigee/react';
import type { QueryState } from '@perigee/react';
import { PerigeeDevtools } from '@perigee/react/devtools';
import { compareVersion, parseManifest, parseModelRef } from '@perigee/registry';
import type { Manifest, ModelRef } from '@perigee/registry';
import { graphInput, model, node } from '@perigee/registry/onnx';
import type { Classification, Model, Prediction, PredictOptions, Tensor } from 'perigee';
import { expectTypeOf } from 'vitest';

// @perigee/registry
expectTypeOf(parseModelRef('digits@^1.2')).toEqualTypeOf<ModelRef>();
expectTypeOf(parseManifest(new Uint8Array())).toEqualTypeOf<Manifest>();
expectTypeOf(compareVersion('1.0.0', '1.1.0')).toEqualTypeOf<number>();
// @ts-expect-error: a manifest is parsed from bytes, whose digest was checked.
parseManifest('{}');
expectTypeOf(
  model([node('Clip', ['x'], ['y'], { min: { float: 0 } }), graphInput('x', 'float32', ['batch'])]),
).toEqualTypeOf<Uint8Array<ArrayBuffer>>();
// @ts-expect-error: ONNX has no such element type.
graphInput('x', 'float');

// @perigee/profile
expectTypeOf(createCounters(null)).toEqualTypeOf<Counters>();
const profile = decodeProfile(encodeProfile(decodeProfile(new Uint8Array())));
expectTypeOf(mergeProfiles(profile, profile)).toEqualTypeOf<Profile>();
// @ts-expect-error: two profiles are merged.
mergeProfiles(profile);
expectTypeOf(psi([1, 2], new Float64Array(2))).toEqualTypeOf<number>();
// @ts-expect-error: the rate of false discoveries is missing.
benjaminiHochberg([0.01, 0.2]);

// @perigee/collector
expectTypeOf(
  await startCollector({ port: 0, store: { kind: 'sqlite' } }),
).toEqualTypeOf<Collector>();
// @ts-expect-error: there is no such store.
await startCollector({ store: { kind: 'postgres' } });

// @perigee/cli
const options = { model: 'model.onnx', name: 'digits', version: '1.0.0' };
expectTypeOf(await pack(options, () => undefined)).toEqualTypeOf<PackedRelease>();
// @ts-expect-error: a release has a version.
await pack({ model: 'model.onnx', name: 'digits' }, () => undefined);

// @perigee/react
const loaded = useModel('digits', { backend: 'auto', gcTime: Infinity });
expectTypeOf(loaded.data).toEqualTypeOf<Model | undefined>();
expectTypeOf(loaded.updateAvailable).toEqualTypeOf<string | undefined>();
if (loaded.isSuccess) expectTypeOf(loaded.data).toEqualTypeOf<Model>();
if (loaded.status === 'error') expectTypeOf(loaded.error).toEqualTypeOf<Error>();
expectTypeOf(useSuspenseModel(new URL('https://example.com/m.onnx')).data).toEqualTypeOf<Model>();
// @ts-expect-error: progress is a state of the hook.
useModel('digits', { onProgress: () => undefined });
expectTypeOf(usePredict(loaded.data, [1, 2])).toEqualTypeOf<QueryState<Prediction>>();
expectTypeOf(usePredict(loaded.data, null).data?.output).toEqualTypeOf<
  Classification | Tensor | undefined
>();
const named = usePredict<Classification>(loaded.data, { text: 'good' }, { debounceMs: 100 });
expectTypeOf(named.data?.output.label).toEqualTypeOf<string | undefined>();
/** A model whose types say what it takes and answers, as generated types do. */
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
declare const video: HTMLVideoElement | null;
expectTypeOf(usePredictStream(loaded.data, video).count).toEqualTypeOf<number>();
expectTypeOf(PerigeeDevtools).parameter(0).toExtend<object>();
