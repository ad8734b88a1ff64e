// Without dispose() of the registry's instance: the process must end by itself.
const { MODEL, REGISTRY } = process.env;
const data = Float32Array.from({ length: 30 }, (_, i) => Math.sin(i));

async function logitsOf(loading) {
  try {
    const model = await loading;
    const { logits } = await model.run({ features: { dtype: 'float32', shape: [1, 30], data } });
    return { logits: [...logits.data], backend: model.backend, threads: model.threads };
  } catch (error) {
    return { error: `${error.code ?? error.name}: ${error.message}` };
  }
}

exports.answersOf = async ({ createPerigee, loadModel }) => ({
  file: await logitsOf(loadModel(MODEL, { backend: 'cpu' })),
  wasm: await logitsOf(loadModel(MODEL, { backend: 'wasm' })),
  registry: await logitsOf(createPerigee({ registry: REGISTRY }).load('wdbc')),
});
