import type { Backend } from '../../config.ts';
import { messageOf, PerigeeError } from '../../error.ts';

/** Explains why TensorFlow.js did not start, and how to fix it. */
export async function startFault(
  backend: Backend,
  cause: unknown,
  wasmFile: string | null,
): Promise<PerigeeError> {
  const remedy = wasmFile === null ? (REMEDIES[backend] ?? '') : await wasmRemedy(wasmFile);
  return new PerigeeError(
    'BACKEND_UNAVAILABLE',
    `TensorFlow.js did not start on the backend "${backend}": ${saidBy(cause)}. ${remedy}`.trim(),
    { cause, details: { backend, ...(wasmFile !== null && { wasmFile }) } },
  );
}

const REMEDIES: Readonly<Partial<Record<Backend, string>>> = {
  webgl:
    'It needs WebGL in a worker (OffscreenCanvas), and hardware acceleration that is not ' +
    'switched off. Use "wasm" or "cpu", or let "auto" choose.',
  webgpu:
    'It needs a browser with WebGPU and a GPU adapter. Use "webgl" or "wasm", or let ' +
    '"auto" choose.',
};

function saidBy(cause: unknown): string {
  const text =
    typeof cause === 'object' && cause !== null && 'message' in cause
      ? String(cause.message)
      : messageOf(cause);
  // TensorFlow.js gives this advice for every fault of the file. Better advice follows.
  if (text.startsWith('Make sure the server can serve'))
    return 'its WebAssembly file did not start';
  return (text.split('\n')[0] ?? '').replace(/[.\s]+$/, '') || 'it gave no reason';
}

/**
 * Fetches the WebAssembly file once more to find its fault, because the runtime does not report the
 * fault.
 */
async function wasmRemedy(file: string): Promise<string> {
  const advice =
    'Serve the file dist/browser/tfjs-backend-wasm-simd.wasm of the package perigee, and name ' +
    'its folder with the option wasmUrl.';
  if (!/^https?:/i.test(file)) return `Its WebAssembly file was looked for at ${file}. ${advice}`;
  try {
    const response = await fetch(file);
    if (!response.ok)
      return `Its WebAssembly file ${file} was answered with status ${response.status}. ${advice}`;
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (bytes[0] !== 0 || bytes[1] !== 0x61 || bytes[2] !== 0x73 || bytes[3] !== 0x6d)
      return (
        `${file} is not a WebAssembly file: it came as ` +
        `${response.headers.get('content-type') ?? 'bytes without a type'}. ` +
        `${advice}`
      );
    return (
      `Its WebAssembly file ${file} can be fetched. In a browser, the ` +
      'Content-Security-Policy must allow WebAssembly (script-src ' +
      `'wasm-unsafe-eval'), and the processor must know WebAssembly SIMD. In Node, ` +
      'wasmUrl must be a file: URL.'
    );
  } catch (error) {
    return (
      `Its WebAssembly file ${file} could not be fetched: ${messageOf(error)}. A ` +
      'Content-Security-Policy must allow the address in connect-src, and another ' +
      `origin must allow it by CORS. ${advice}`
    );
  }
}
