/**
 * Starts the SDK's build of ONNX Runtime, which takes its wasm from here. So the wasm is compiled
 * while the script and the model arrive.
 */
export async function startRuntime(threads, compiled) {
  const script = new URL('../../../../packages/core/dist/browser/ort.wasm.js', import.meta.url);
  const wasm = new URL(
    '../../../../packages/core/dist/browser/ort-wasm-simd-threaded.wasm',
    import.meta.url,
  );
  const module = compiled ?? WebAssembly.compileStreaming(fetch(wasm));
  globalThis.perigeeOrtWasm = {
    wasm: {
      fetch: () => undefined,
      instantiateStreaming: async (_, imports) => ({
        module: await module,
        instance: await WebAssembly.instantiate(await module, imports),
      }),
    },
  };
  await import(/* @vite-ignore */ script.href);
  const ort = globalThis.perigeeOrt.wasm;
  ort.env.wasm.wasmPaths = { wasm: wasm.href };
  ort.env.wasm.numThreads = threads;
  // The runtime starts with its first session, so one is made of no model.
  ort.InferenceSession.create(new Uint8Array(1), { logSeverityLevel: 4 }).catch(() => undefined);
  return { ort, module };
}
