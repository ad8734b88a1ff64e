import { loadModel, PerigeeError } from 'perigee';
import type { Model } from 'perigee';
import { expect, onTestFinished } from 'vitest';

/** Loads a model from these files, and disposes it when the test ends. */
export async function load(
  files: Map<string, Uint8Array>,
  backend: 'wasm' | 'cpu' = 'cpu',
): Promise<Model> {
  const model = await loadModel(files, { backend });
  onTestFinished(() => model.dispose());
  return model;
}

/** The error that loading these files throws. */
export async function failure(files: Map<string, Uint8Array>): Promise<PerigeeError> {
  const error: unknown = await load(files).then(
    () => null,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(PerigeeError);
  return error as PerigeeError;
}
