import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

export async function open({ name, threads }) {
  setWasmPaths(new URL('/peers/tfjs/@tensorflow/tfjs-backend-wasm/dist/', location.href).href);
  if (threads > 1)
    throw new Error(
      'Its threads start from the text of a function, which bundlers change; one thread it is.',
    );
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  await tf.setBackend('wasm');
  await tf.ready();
  const model = await loadLayersModel(
    new URL(`/models/tfjs/${name}/model.json`, location.href).href,
  );
  return {
    async run({ input: { data, shape } }) {
      // For one channel, channels first and channels last are the same.
      const x = tf.tensor(
        data,
        shape.length === 4 ? [shape[0], shape[2], shape[3], shape[1]] : shape,
      );
      const y = model.predict(x);
      const values = await y.data();
      x.dispose();
      y.dispose();
      return { data: values };
    },
    end: () => model.dispose(),
  };
}
