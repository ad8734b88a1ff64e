import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { walkOnnx } from '@perigee/registry';
import { CommandError } from '../command.ts';
import { messageOf } from '../message-of.ts';
import type { ModelFiles } from '../pack/read-files.ts';

/**
 * Runs ONNX Runtime's optimiser and returns the model as one file, so that devices open it without
 * the optimiser. The level is `extended`: `all` would add memory layouts for this machine's
 * processor, which wasm cannot run.
 * @throws CommandError when onnxruntime-node is not installed, or rejects the model
 */
export async function optimizeModel({ entry, files }: ModelFiles): Promise<ModelFiles> {
  const { InferenceSession } = await import('onnxruntime-node').catch((cause: unknown) => {
    throw new CommandError(
      '--optimize needs the package onnxruntime-node: run "npm install --save-dev ' +
        'onnxruntime-node", or pack without --optimize.',
      { cause },
    );
  });
  const folder = await mkdtemp(join(tmpdir(), 'perigee-optimize-'));
  try {
    for (const [path, bytes] of files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), bytes);
    }
    const path = entry.replace(/(\.onnx)?$/i, '.optimized.onnx');
    const session = await InferenceSession.create(join(folder, entry), {
      graphOptimizationLevel: 'extended',
      optimizedModelFilePath: join(folder, path),
      executionProviders: ['cpu'],
      logSeverityLevel: 3,
    });
    await session.release();
    const bytes = new Uint8Array(await readFile(join(folder, path)));
    return { entry: path, files: new Map([[path, bytes]]), onnx: walkOnnx(bytes) };
  } catch (cause) {
    throw new CommandError(`${entry} cannot be optimised: ${messageOf(cause)}`, { cause });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
