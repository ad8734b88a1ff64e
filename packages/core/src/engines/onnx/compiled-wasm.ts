import type { CompiledWasm } from '../../runtime/runtime.ts';

/**
 * The functions that a build of ONNX Runtime calls in place of `fetch` and
 * `WebAssembly.instantiateStreaming` (scripts/bundle/for-browser.mjs).
 */
export interface WasmSource {
  fetch(url: string, init?: RequestInit): unknown;
  instantiateStreaming(
    response: unknown,
    imports: WebAssembly.Imports,
  ): Promise<WebAssembly.WebAssemblyInstantiatedSource>;
}

const compiled: Record<string, WebAssembly.Module> = {};

/** The wasm that this worker compiled or was given, by URL. */
export function compiledWasm(): CompiledWasm {
  return compiled;
}

/**
 * Starts to fetch and compile the wasm at once, while the script that runs it is being loaded. A
 * module that another worker compiled is used as it is, together with the code of its functions
 * that ran there.
 */
export function startCompiling(url: string, given: WebAssembly.Module | undefined): WasmSource {
  let started: Promise<WebAssembly.Module> | null = given
    ? Promise.resolve(given)
    : fetchAndCompile(url);
  started.catch(() => undefined);
  return {
    // The first request is for the wasm. After a failure ONNX Runtime fetches the wasm itself.
    fetch: (file, init) => (started && file === url ? undefined : fetch(file, init)),
    async instantiateStreaming(response, imports) {
      const compiling = started ?? WebAssembly.compileStreaming(response as Promise<Response>);
      started = null;
      const module = await compiling;
      compiled[url] = module;
      return { module, instance: await WebAssembly.instantiate(module, imports) };
    },
  };
}

/** Compiles while the bytes arrive, which browsers do for the type application/wasm only. */
async function fetchAndCompile(url: string): Promise<WebAssembly.Module> {
  const response = await fetch(url, { credentials: 'same-origin' });
  const isWasm = /^application\/wasm\b/i.test(response.headers.get('content-type') ?? '');
  return isWasm || !response.ok
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}
