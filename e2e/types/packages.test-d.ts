// The types of the packages beside the SDK, as TypeScript sees them. Compiled, never run.
import { pack } from '@perigee/cli';
import type { PackedRelease } from '@perigee/cli';
import { startCollector } from '@perigee/collector';
import type { Collector } from '@perigee/collector';
import { createCounters, decodeProfile, encodeProfile, mergeProfiles } from '@perigee/profile';
import type { Counters, Profile } from '@perigee/profile';
import { benjaminiHochberg, psi } from '@perigee/profile/analysis';
import { compareVersion, parseManifest, parseModelRef } from '@perigee/registry';
import type { Manifest, ModelRef } from '@perigee/registry';
import { graphInput, model, node } from '@perigee/registry/onnx';
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
