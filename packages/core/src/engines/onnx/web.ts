import type { Signature } from '@perigee/registry';
import type { Backend } from '../../config.ts';
import { PerigeeError } from '../../error.ts';
import { startedFromElsewhere } from '../../runtime/browser-scope.ts';
import type { SessionOptions } from '../engine.ts';
import { watchDevice } from '../device-loss.ts';
import type { DeviceLoss, LosableDevice } from '../device-loss.ts';
import { startCompiling } from './compiled-wasm.ts';
import type { WasmSource } from './compiled-wasm.ts';
import { bindToGpu } from './gpu-binding.ts';
import type { GpuBinding, GpuDevice } from './gpu-binding.ts';
import type { OrtModule, OrtSession } from './ort-types.ts';

/** Whether the browser has JSPI (JavaScript Promise Integration). */
const HAS_JSPI = 'Suspending' in WebAssembly;

type Build = 'wasm' | 'jspi' | 'asyncify';

/** Globals that the scripts of the builds set and read (scripts/bundle/for-browser.mjs). */
interface RuntimeScope {
  /** Builds that are loaded. */
  perigeeOrt?: Partial<Record<Build, OrtModule>>;
  /** Addresses of the builds, from which they start threads. */
  perigeeOrtUrls?: Partial<Record<Build, string>>;
  /** The functions by which the builds get their wasm. */
  perigeeOrtWasm?: Partial<Record<Build, WasmSource>>;
}

/** Builds that are in the same script as this code. */
export const included: Partial<Record<Build, () => Promise<OrtModule>>> = {};

/**
 * Loads the build of ONNX Runtime Web for a backend, which is downloaded on first use:
 * - CPU: the plain wasm build. The others contain a GPU provider that doubles their size.
 * - WebGPU and WebNN: the JSPI build if the browser has JSPI, else the asyncify build.
 *
 * The default (JSEP) build is not used: version 1.30 refuses a Conv that leaves out both
 * `dilations` and `kernel_shape`, which ONNX allows.
 */
export async function loadOrt(options: SessionOptions): Promise<OrtModule> {
  const { backend, files } = options;
  const build = backend === 'wasm' ? 'wasm' : HAS_JSPI ? 'jspi' : 'asyncify';
  const wasm = files[`ort-wasm-simd-threaded${build === 'wasm' ? '' : `.${build}`}.wasm`];
  const ort = await (included[build]?.() ?? loadScript(build, options, wasm));
  if (wasm !== undefined) ort.env.wasm.wasmPaths = { wasm };
  return ort;
}

async function loadScript(
  build: Build,
  { backend, files, compiled }: SessionOptions,
  wasm: string | undefined,
): Promise<OrtModule> {
  const script = files[`ort.${build}.js`];
  if (script === undefined) throw notThere(build, backend);
  const scope = globalThis as RuntimeScope;
  const loaded = scope.perigeeOrt?.[build];
  if (loaded) return loaded;
  if (wasm !== undefined)
    (scope.perigeeOrtWasm ??= {})[build] ??= startCompiling(wasm, compiled?.[wasm]);
  (scope.perigeeOrtUrls ??= {})[build] = startedFromElsewhere() ? blobOf(script) : script;
  // No bundler sees this line: the workers are bundled when the package is built.
  await import(/* @vite-ignore */ /* webpackIgnore: true */ script);
  const ort = scope.perigeeOrt?.[build];
  if (!ort) throw new Error(`${script} is not the file ort.${build}.js of the package perigee`);
  return ort;
}

/** The address of a script that loads one of another origin, from which no thread can be started. */
function blobOf(script: string): string {
  const code = `import ${JSON.stringify(script)};`;
  return URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
}

function notThere(build: Build, backend: Backend): PerigeeError {
  const text =
    build === 'wasm'
      ? `The bundler left no address of the file ort.${build}.js. See the option assetsUrl.`
      : `ONNX models on the backend "${backend}" need one more line in the app: ` +
        `import 'perigee/webgpu'.`;
  return new PerigeeError('BACKEND_UNAVAILABLE', text, { details: { backend } });
}

export { compiledWasm } from './compiled-wasm.ts';

/** The wasm is compiled when the first session is made. */
export const IS_COMPILED_LATE = true;

export function executionProviders({
  backend,
}: SessionOptions): (string | { name: string; deviceType: string })[] {
  // Without a device type, WebNN uses the CPU, which the wasm backend already covers.
  return [backend === 'webnn' ? { name: backend, deviceType: 'gpu' } : backend];
}

/**
 * The number of threads that can be used. More than one thread needs shared memory: the page must
 * be cross-origin isolated. Some browsers (WebKitGTK) report isolation but have no
 * SharedArrayBuffer. A service worker cannot start threads. The GPU builds run their CPU part on one
 * thread.
 */
export function usableThreads(options: SessionOptions): number {
  if (options.backend !== 'wasm') return 1;
  const shared = globalThis.crossOriginIsolated && typeof SharedArrayBuffer === 'function';
  return shared && typeof Worker === 'function' ? options.threads : 1;
}

/** Runs `work` as it is: browsers have no native calls to guard. */
export function guarded<T>(_options: SessionOptions, work: () => Promise<T>): Promise<T> {
  return work();
}

/** Watches the GPU device for its loss; null for other backends than WebGPU. */
export async function watchGpu(
  ort: OrtModule,
  { backend }: SessionOptions,
): Promise<DeviceLoss | null> {
  return backend === 'webgpu' ? watchDevice((await ort.env.webgpu.device) as LosableDevice) : null;
}

/** Makes GPU buffers for inputs and outputs; null if they do not suit the model or backend. */
export async function bindGpu(
  ort: OrtModule,
  session: OrtSession,
  signature: Signature,
  { backend }: SessionOptions,
): Promise<GpuBinding | null> {
  return backend === 'webgpu'
    ? bindToGpu(ort, session, signature, (await ort.env.webgpu.device) as GpuDevice)
    : null;
}
