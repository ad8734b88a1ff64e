// ONNX Runtime's own worker. It starts itself from its script's URL, so the script is served
// unchanged, not bundled.
export async function open({ url, threads, output }) {
  const ort = await import(
    /* @vite-ignore */ new URL('/ort/ort.wasm.bundle.min.mjs', location.href).href
  );
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.proxy = true;
  const session = await ort.InferenceSession.create(url);
  return {
    async run(feeds) {
      const tensors = {};
      // The proxy moves its inputs to the worker, which empties the caller's arrays. All other
      // sides leave the caller its arrays, so these are copies.
      for (const name in feeds)
        tensors[name] = new ort.Tensor(
          feeds[name].dtype,
          feeds[name].data.slice(),
          feeds[name].shape,
        );
      return { data: (await session.run(tensors))[output].data };
    },
    end: () => session.release(),
  };
}
