import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import type { TensorSignature } from '@perigee/registry';
import { usageCode } from './usage-code.ts';

const DEMO = join(import.meta.dirname, '../../..');

const DTYPES = [
  ['float32', 'float64', 'float16', 'int64', 'uint64', 'int32', 'uint32'],
  ['int16', 'uint16', 'int8', 'uint8', 'bool', 'string'],
].flat() as readonly TensorSignature['dtype'][];
const tensor = (
  name: string,
  shape: TensorSignature['shape'],
  dtype: TensorSignature['dtype'] = 'float32',
): TensorSignature => ({ name, dtype, shape });

const CASES = {
  'digits.onnx': {
    inputs: [tensor('image', ['batch', 1, 8, 8])],
    outputs: [tensor('logits', [10])],
  },
  'scalar.onnx': { inputs: [tensor('x', [])], outputs: [] },
  'model.json': { inputs: [tensor('image:0', [null, 8, 8, 1])], outputs: [tensor("it's", [1])] },
  'types.onnx': { inputs: DTYPES.map((dtype) => tensor(dtype, [2], dtype)), outputs: [] },
  // Names that are words of the language, the same in another form, or hold quotes and breaks.
  'names.onnx': {
    inputs: [
      tensor('a b', ['class', 'model', 'n-1', 'n_1', '3d', '☃']),
      tensor('__proto', [null, null]),
      tensor('"\'\n\\', ['class', null]),
    ],
    outputs: [tensor('\\"\'', [null])],
  },
  "it's.onnx": { inputs: [], outputs: [tensor('constructor', [1])] },
} as const;

test('the code is what a reader would write', () => {
  expect(usageCode('digits.onnx', CASES['digits.onnx'])).toBe(
    [
      `import { loadModel } from 'perigee';`,
      '',
      `const model = await loadModel('/models/digits.onnx');`,
      '',
      'const batch = 1;',
      'const outputs = await model.run({',
      '  image: {',
      `    dtype: 'float32',`,
      '    shape: [batch, 1, 8, 8],',
      '    data: new Float32Array(batch * 1 * 8 * 8),',
      '  },',
      '});',
      `console.log(outputs['logits']?.data);`,
      '',
    ].join('\n'),
  );
});

test('the code is right for strict TypeScript, whatever the inputs are called', async () => {
  // Inside the demo, so that the packages are found.
  const folder = await mkdtemp(join(DEMO, '.usage-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [i, [name, signature]] of Object.entries(CASES).entries())
    await writeFile(join(folder, `${i}.ts`), usageCode(name, signature));
  const compilerOptions = {
    noEmit: true,
    lib: ['ES2023', 'DOM', 'DOM.Iterable'],
    target: 'ES2022',
    module: 'ESNext',
    moduleResolution: 'Bundler',
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    types: [],
  };
  const tsconfig = join(folder, 'tsconfig.json');
  await writeFile(tsconfig, JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const tsc = join(DEMO, '../node_modules/typescript/bin/tsc');
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', tsconfig]).catch(
    (failure: { readonly stdout: string }) => failure,
  );
  expect(stdout).toBe('');
});
