// The same in every set-up with a page: three ways to load a model. It imports nothing that a
// bundler would have to be told about.
import { createPerigee, loadModel } from 'perigee';

/** Made up, the same in every set-up. */
export const FEATURES = Float32Array.from({ length: 30 }, (_, i) => Math.sin(i));

// #region run
/** Runs a model on the features, without its pipeline. */
export async function logitsOf(model) {
  const features = { dtype: 'float32', shape: [1, 30], data: FEATURES };
  const { logits } = await model.run({ features });
  const { backend, threads } = model;
  return { logits: [...logits.data], backend, threads };
}
// #endregion run

/** Resolves to the answer of a model to the features, or to the error of its load. */
export async function answerOf(loading) {
  try {
    const model = await loading;
    const answer = await logitsOf(model);
    await model.dispose();
    return answer;
  } catch (error) {
    return { error: `${error.code ?? error.name}: ${error.message}` };
  }
}

// #region load
/**
 * @param options options of the set-up, such as assetsUrl
 * @param place `host`: the origin of the models, where it is not the app's own; `registry`: where
 *   the set-up serves the registry
 */
export async function check(options = {}, { host = '', registry = `${host}/registry/` } = {}) {
  const file = `${host}/models/wdbc.onnx`;
  // An app would have this file among its own.
  const trustedRoot = host && (await (await fetch(`${registry}metadata/1.root.json`)).json());
  const root = trustedRoot ? { trustedRoot } : {};
  const perigee = createPerigee({ ...options, ...root, registry });
  return {
    file: await answerOf(loadModel(file, { ...options, backend: 'cpu' })),
    wasm: await answerOf(loadModel(file, { ...options, backend: 'wasm' })),
    registry: await answerOf(perigee.load('wdbc')),
  };
}
// #endregion load
