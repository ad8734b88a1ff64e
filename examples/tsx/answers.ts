import type { createPerigee, loadModel, Model } from 'perigee';

type Perigee = {
  readonly createPerigee: typeof createPerigee;
  readonly loadModel: typeof loadModel;
};

const { MODEL = '', REGISTRY = '' } = process.env;
const data = Float32Array.from({ length: 30 }, (_, i) => Math.sin(i));

async function logitsOf(loading: Promise<Model>): Promise<unknown> {
  const model = await loading;
  const { logits } = await model.run({ features: { dtype: 'float32', shape: [1, 30], data } });
  return { logits: Array.from((logits?.data ?? []) as Float32Array), threads: model.threads };
}

export async function print({ createPerigee, loadModel }: Perigee): Promise<void> {
  const answers = {
    file: await logitsOf(loadModel(MODEL, { backend: 'cpu' })),
    wasm: await logitsOf(loadModel(MODEL, { backend: 'wasm' })),
    registry: await logitsOf(createPerigee({ registry: REGISTRY }).load('wdbc')),
  };
  console.log(JSON.stringify(answers));
}
