import { expect, test } from 'vitest';
import type { ChannelFile } from '../channel/channel.ts';
import type { Pipeline } from '../manifest/pipeline.ts';
import type { Signature, TensorSignature } from '../manifest/signature.ts';
import { knownRefs } from './known-refs.ts';
import { writeImportTypes } from './write-imports.ts';
import { writeModelTypes } from './write-types.ts';
import type { TypedManifest } from './declare-model.ts';

const X: TensorSignature = { name: 'x', dtype: 'float32', shape: ['batch', 4] };
const Y: TensorSignature = { name: 'y', dtype: 'float16', shape: [null, 2] };
const SIGNATURE: Signature = { inputs: [X], outputs: [Y] };

/** The text of a model's type in one line, without its name. */
function typeOf(manifest: TypedManifest): string {
  const text = writeModelTypes([{ refs: ['m'], manifest }], [], 'a test');
  const from = text.indexOf(' m: ');
  return text.slice(from + 4, text.indexOf('\n    };', from)).replaceAll(/\s+/g, ' ');
}

const pipeline = (...steps: Pipeline['postprocess']): Pipeline => ({
  preprocess: [{ op: 'image' }],
  postprocess: steps,
});
const rows = (...steps: Pipeline['preprocess']): Pipeline => ({
  preprocess: [{ op: 'tabular', features: ['age', 'the country'] }, ...steps],
  postprocess: [],
});

test('a model without a pipeline takes its tensors and answers with the first output', () => {
  expect(typeOf({ signature: SIGNATURE })).toBe(
    '{ input: "tensors"; output: { dtype: "float16"; shape: [number, 2] }; ' +
      'feeds: { x: { dtype: "float32"; shape: [number, 4] }; }; ' +
      'outputs: { y: { dtype: "float16"; shape: [number, 2] }; };',
  );
});

test('a pipeline says what is taken, which output is read and what is answered', () => {
  const outputs = [Y, { ...Y, name: 'z' }];
  const signature = { inputs: [X], outputs };
  const steps = pipeline({ op: 'softmax', tensor: 'z' }, { op: 'top-k', k: 3 });
  const labels = ['a', 'b', 'a'];
  expect(typeOf({ signature, pipeline: steps, labels })).toMatch(
    /^{ input: "image"; output: { label: "a" \| "b"; }; reads: "z"; feeds/,
  );
  expect(typeOf({ signature, pipeline: steps })).toContain('label: `${number}`;');
  // A step of numbers makes float32.
  expect(typeOf({ signature, pipeline: pipeline({ op: 'sigmoid' }) })).toContain(
    'output: { dtype: "float32"; shape: [number, 2] }; reads: "y";',
  );
  expect(typeOf({ signature, pipeline: pipeline() })).toContain('output: { dtype: "float16"');
});

test('a row has its features, with their words and what may be missing', () => {
  const signature = SIGNATURE;
  expect(typeOf({ signature, pipeline: rows() })).toContain(
    'input: { row: { age: number; "the country": number; }; };',
  );
  const hot = { op: 'one-hot', feature: 'the country', words: ['DE', '"'] } as const;
  expect(typeOf({ signature, pipeline: rows(hot) })).toContain('"the country": "DE" | "\\"";');
  const filled = rows({ op: 'impute', values: [1, 'DE'] }, hot);
  expect(typeOf({ signature, pipeline: filled })).toContain(
    'row: { age?: number | null; "the country"?: "DE" | "\\"" | null; };',
  );
  const inputs = ['age', 'the country'].map((name) => ({ ...X, name, dtype: 'string' as const }));
  expect(typeOf({ signature: { inputs, outputs: [Y] }, pipeline: rows() })).toContain(
    'age: string; "the country": string;',
  );
  const many = Array.from({ length: 101 }, (_, i) => String(i));
  const index = { op: 'index', feature: 'age', words: many } as const;
  expect(typeOf({ signature, pipeline: rows(index) })).toContain('row: { age: string;');
});

test('many labels stand below each other, and too many are any text', () => {
  const labelled = (count: number): string => {
    const labels = Array.from({ length: count }, (_, i) => `label ${i}`);
    const manifest = { signature: SIGNATURE, pipeline: pipeline({ op: 'top-k', k: 1 }), labels };
    return writeModelTypes([{ refs: ['m'], manifest }], [], 'a test');
  };
  expect(labelled(40)).toContain('label:\n          | "label 0"\n          | "label 1"\n');
  expect(labelled(1_000)).toContain('| "label 999";');
  expect(labelled(1_001)).toContain('label: string;');
});

test('tensors may have no shape, be lists, be left out and have any name', () => {
  const inputs = [
    { ...X, name: '1st "x"\n', optional: true as const },
    { ...X, name: '__proto__', shape: [], rank: 'unknown' as const },
  ];
  const outputs = [{ ...Y, list: true as const }];
  const text = typeOf({ signature: { inputs, outputs } });
  expect(text).toContain('"1st \\"x\\"\\n"?: { dtype');
  expect(text).toContain('__proto__: { dtype: "float32"; shape: number[] };');
  expect(text).toContain('y: { dtype: "float16"; shape: number[]; list: true };');
  expect(text).toContain('output: { dtype: "float16"; shape: number[]; list: true };');
});

test('the types of a version stand once, and the file has its interfaces only where needed', () => {
  const manifest = { signature: SIGNATURE };
  const text = writeModelTypes(
    [
      { refs: ['m@canary'], manifest },
      { refs: ['m', 'm@1'], manifest },
      { refs: ['other'], manifest },
    ],
    [],
    'a test',
  );
  expect(text).toContain('"m@1": ModelsByName["m"];\n    "m@canary": ModelsByName["m"];');
  expect(text.match(/input:/g)).toHaveLength(2);
  expect(text).not.toContain('ModelsByUrl');
  const files = writeModelTypes([], [{ url: '/m.onnx', ...manifest }], 'a test');
  expect(files).toContain('interface ModelsByUrl {\n    "/m.onnx": {');
  expect(files).not.toContain('ModelsByName');
});

const channelFile = (more: Partial<ChannelFile>): ChannelFile => ({
  schema: 'perigee-channels/1',
  model: 'm',
  sequence: 1,
  channels: { stable: { version: '1.1.0' }, canary: { version: '2.0.0' } },
  ...more,
});

test('a model is known by its name, its channels and its major versions', () => {
  const versions = ['1.0.0', '1.1.0', '1.2.0', '2.0.0', '3.0.0-rc.1'];
  expect(Object.fromEntries(knownRefs('m', versions, channelFile({})))).toEqual({
    '2.0.0': ['m@canary', 'm@2'],
    '1.1.0': ['m', 'm@stable'],
    '1.2.0': ['m@1'],
  });
  expect(Object.fromEntries(knownRefs('m', versions, null))).toEqual({
    '1.2.0': ['m@1'],
    '2.0.0': ['m@2'],
  });
});

test('blocked versions have no types, and neither has a channel of several major versions', () => {
  const versions = ['1.0.0', '1.1.0', '2.0.0'];
  const revoked = [{ version: '1.1.0', reason: 'a test' }];
  expect(Object.fromEntries(knownRefs('m', versions, channelFile({ revoked })))).toEqual({
    '2.0.0': ['m@canary', 'm@2'],
    '1.0.0': ['m@1'],
  });
  const rollout = { version: '2.0.0', permyriad: 500, salt: 's' };
  const rolledOut = channelFile({ channels: { stable: { version: '1.1.0', rollout } } });
  expect([...knownRefs('m', versions, rolledOut).values()].flat()).toEqual(['m@1', 'm@2']);
  const arms = [{ name: 'a', permyriad: 500, version: '2.0.0' }];
  const tried = channelFile({ experiments: [{ id: 'e', salt: 's', arms }] });
  expect([...knownRefs('m', versions, tried).values()].flat()).toEqual(['m@canary', 'm@2', 'm@1']);
});

test('an import is known by the end of its path that no other file has', () => {
  const paths = ['src/a/m.onnx', 'src/b/m.onnx', 'src/other.onnx', 'm.ort'];
  const text = writeImportTypes(
    paths.map((path) => ({ path, signature: SIGNATURE })),
    'a test',
  );
  const patterns = [...text.matchAll(/declare module "(.*)"/g)].map(([, pattern]) => pattern);
  expect(patterns).toEqual(
    ['a/m.onnx', 'b/m.onnx', 'other.onnx', 'm.ort']
      .map((end) => `*/${end}`)
      .concat('*.onnx', '*.ort'),
  );
});

test('a file whose whole path is the end of another path is any URL text', () => {
  const text = writeImportTypes(
    ['b/x.onnx', 'c/b/x.onnx'].map((path) => ({ path, signature: SIGNATURE })),
    'a test',
  );
  const patterns = [...text.matchAll(/declare module "(.*)"/g)].map(([, pattern]) => pattern);
  expect(patterns).toEqual(['*/c/b/x.onnx', '*.onnx']);
});
