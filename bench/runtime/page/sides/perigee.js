import { loadModel } from 'perigee';

export const open = ({ url, threads, output }, options) =>
  openWith(() => loadModel(url, { backend: 'wasm', threads, ...options }), output);

/** A model of the SDK as a side: tensors by name, the output's values as the answer. */
export async function openWith(load, output) {
  const model = await load();
  return {
    model,
    timing: model.loadTiming,
    async run(feeds) {
      const { outputs, timing } = await model.predict(feeds);
      return { data: outputs[output].data, ms: timing.inferenceMs };
    },
    ...(model.predictMany && { runMany: (list) => model.predictMany(list) }),
    end: () => model.dispose(),
  };
}
