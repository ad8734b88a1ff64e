import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadModel } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const MODEL = join(ROOT, 'models/wdbc/versions/1.0.0/model.onnx');
const run = promisify(execFile);

/** Returns the package's binary for this platform; the packages' npm shims are scripts for Node. */
function binary(scope: string, path: string): string | undefined {
  const folder = join(ROOT, 'node_modules', scope);
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .map((name) => join(folder, name, path))
    .find((file) => existsSync(file));
}

const RUNTIMES = [
  {
    name: 'Deno',
    command: binary('@deno', 'deno'),
    args: [
      'run',
      '--no-prompt',
      '--allow-read',
      '--allow-env',
      '--allow-sys',
      '--allow-ffi',
      '--ext=js',
    ],
  },
  { name: 'Bun', command: binary('@oven', 'bin/bun'), args: ['run'] },
];

const script = join(ROOT, 'packages/core/src/test/edge-runtimes.script.mjs');

for (const { name, command, args } of RUNTIMES) {
  for (const backend of ['wasm', 'native', 'cpu'] as const) {
    test.skipIf(command === undefined)(
      `${name} gives the numbers Node gives, on ${backend}`,
      async () => {
        const { stdout } = await run(command!, [...args, script, MODEL, backend], {
          cwd: ROOT,
          timeout: 240_000,
        });
        const answer = JSON.parse(stdout) as { backend: string; values: number[]; code: string };
        const model = await loadModel(MODEL, { backend });
        onTestFinished(() => model.dispose());
        const { outputs } = await model.predict(
          Float32Array.from({ length: 30 }, (_, i) => Math.sin(i)),
        );
        expect(answer).toMatchObject({ backend, code: 'INVALID_INPUT' });
        [...(outputs['logits']!.data as Float32Array)].forEach((value, i) =>
          expect(answer.values[i]).toBeCloseTo(value, 4),
        );
      },
    );
  }
}
