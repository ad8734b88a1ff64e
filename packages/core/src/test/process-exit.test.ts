import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { graphInput, graphOutput, model as writeModel, node } from '@perigee/registry/onnx';
import { expect, onTestFinished, test } from 'vitest';
import { createRegistry, serve } from '../updater/registry.fixture.ts';
import { sumModel } from './working-model.fixture.ts';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const SCRIPT = fileURLToPath(new URL('process-exit.script.mjs', import.meta.url));
const run = promisify(execFile);

/** Disables finalizers: otherwise Node's garbage collection would close a forgotten port. */
const NO_FINALIZERS = 'data:text/javascript,FinalizationRegistry.prototype.register=()=>undefined';
const DENO = binary('@deno', 'deno');

const RUNTIMES = [
  {
    name: 'Node',
    command: process.execPath,
    args: [],
    env: { NODE_OPTIONS: `--import=${NO_FINALIZERS}` },
  },
  { name: 'Deno', command: DENO, args: ['run', '--no-prompt', '-A', '--ext=js'], env: {} },
] as const;

/** Returns the package's binary for this platform. */
function binary(scope: string, path: string): string | undefined {
  const folder = join(ROOT, 'node_modules', scope);
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .map((name) => join(folder, name, path))
    .find((file) => existsSync(file));
}

for (const { name, command, args, env } of RUNTIMES) {
  test.skipIf(command === undefined)(
    `a process on ${name} ends when its work is done, without dispose()`,
    async () => {
      const registry = createRegistry();
      const model = sumModel(2);
      await registry.publish({ name: 'sum', version: '1.0.0', ...model });
      registry.files.set('sum.onnx', model.parts[0]!);
      registry.files.set(
        'small.onnx',
        writeModel([
          node('ReduceSum', ['x0'], ['y0']),
          graphInput('x0', 'float32', [1, 4]),
          graphOutput('y0', 'float32', [1, 1]),
        ]),
      );
      const { url } = await serve(registry);
      const folder = await mkdtemp(join(tmpdir(), 'perigee-exit-'));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      // A process that does not end is killed, which rejects.
      const child = run(
        command!,
        [...args, SCRIPT, url, folder, ...['sum', 'small'].map((file) => `${url}${file}.onnx`)],
        {
          cwd: ROOT,
          env: { ...process.env, ...env },
          timeout: 240_000,
        },
      );
      const { stdout } = await child;
      expect(JSON.parse(stdout)).toEqual([20, 20, 20, 10]);
    },
  );
}
