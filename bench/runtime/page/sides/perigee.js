import { loadModel } from 'perigee';

export const open = ({ url, threads, output }, options) =>
  openWith(() => loadModel(url, { backend: 'wasm', threads, ...options }), output);

/** A model of the SDK as a side: input values by name, the output's values as the answer. */
export async function openWith(load, output) {
  const model = await load();
  return {
    model,
    timing: model.loadTiming,
    async run(feeds) {
      const input = {};
      // Tokens have two free dimensions, so their values do not tell the shape.
      for (const name in feeds)
        input[name] = feeds[name].dtype === 'int64' ? feeds[name] : feeds[name].data;
      const { outputs, timing } = await model.predict(input);
      return { data: outputs[output].data, ms: timing.inferenceMs };
    },
    ...(model.predictMany && {
      runMany: (list) =>
        model.predictMany(
          list.map((feeds) =>
            Object.fromEntries(Object.entries(feeds).map(([name, { data }]) => [name, data])),
          ),
        ),
    }),
    end: () => model.dispose(),
  };
}
