import { loadModel, PerigeeError } from 'perigee';
import type { Model } from 'perigee';
import { expect, onTestFinished } from 'vitest';

/** The model of these files, until the test is over. */
export async function load(
  files: Map<string, Uint8Array>,
  backend: 'wasm' | 'cpu' = 'cpu',
): Promise<Model> {
  const model = await loadModel(files, { backend });
  onTestFinished(() => model.dispose());
  return model;
}

/** The error that these files end in. */
export async function failure(files: Map<string, Uint8Array>): Promise<PerigeeError> {
  const error: unknown = await load(files).then(
    () => null,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(PerigeeError);
  return error as PerigeeError;
}
