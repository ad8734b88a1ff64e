import { RegistryError, walkOnnx } from '@perigee/registry';
import type { Backend } from '../../config.ts';
import { PerigeeError } from '../../error.ts';
import type { EngineFiles } from '../engine.ts';
import { KINDS } from '../kinds.ts';
import { sniffFormat } from '../sniff.ts';
import { externalFiles } from './graph-facts.ts';

/**
 * ONNX Runtime reports faults as English sentences. They quote names that the model's author chose,
 * so each pattern matches a whole phrase of the runtime, at the place where the runtime writes it.
 */
const NO_KERNEL = /(?:^|[\]:.] |\n)(?:Could not find an implementation for|Failed to find kernel for|No Op registered for) (?<operator>[\w.:]+)/;
const NOT_REGISTERED = /(?:^|[\]:.] |\n)(?:Error: )?(?:In Node, .*, Error )?(?<operator>[\w.]+:\w+)\(-?\d+\) is not a registered function\/op/;
const NOT_IN_BUILD = /This is an invalid model\. In Node, .*, Error No Op registered for (?<operator>\w+) with domain_version/s;
const NEW_IR = /Unsupported model IR version: (?<needs>\d+), max supported IR version: (?<takes>\d+)/;
const NEW_OPSET = /ONNX Runtime only \*guarantees\* support for models stamped with official released onnx opset versions\. Opset (?<needs>\d+) is under development and support for this is limited\. The operator schemas and or other functionality may change before next ONNX release and in this case ONNX Runtime will not guarantee backward compatibility\. Current official support for domain (?<domain>\S+) is till opset (?<takes>\d+)/;
const NO_EXTERNAL = /Module\.MountedFiles is not available|not found in (?:the )?preloaded files|External data path (?:for model|does not exist|validation failed)|not found from the table user provided|^External data file not found/i;
/** The native allocator, an exception of C++, wasm memory that cannot grow, and JavaScript's own. */
const OUT_OF_MEMORY = [
  /^(?:Error: |RangeError: )?(?:std::bad_alloc|bad allocation|Array buffer allocation failed|Out of memory|WebAssembly\.Memory\(\): could not allocate memory)/,
  /(?:^|Exception(?: during \w+)?: )std::bad_alloc$/,
  /(?:^|[\]:] |\n)Failed to allocate memory for requested buffer of size \d+/,
  /^(?:RuntimeError: )?Aborted\((?:OOM|Cannot enlarge memory|native code called abort\(\): out of memory)/,
  /^(?:failed to grow|Cannot grow|memory access out of memory)/i,
];

export function explainCreate(cause: unknown, { entry, files }: EngineFiles, bytes: Uint8Array, backend: Backend): PerigeeError {
  if (cause instanceof PerigeeError) return cause;
  const text = messageOf(cause);
  if (isOutOfMemory(text)) return outOfMemory(cause, backend);
  const tooNew = explainVersion(text, entry, cause);
  if (tooNew) return tooNew;
  const operator = (NOT_REGISTERED.exec(text) ?? NO_KERNEL.exec(text) ?? NOT_IN_BUILD.exec(text))?.groups?.['operator'];
  if (operator !== undefined) {
    return new PerigeeError('UNSUPPORTED_OPERATOR', `"${entry}" uses the operator ${operator}, which the ${backend} backend does not have. ${text}`, { cause, details: { operator, backend } });
  }
  const fault = faultOf(bytes);
  if (fault !== null) {
    return new PerigeeError('WRONG_CONTENT', `"${entry}" (${bytes.byteLength} bytes) is not a model ONNX Runtime can read: ${fault} It said: ${text}`, { cause, details: { entry, sizeBytes: bytes.byteLength } });
  }
  const missing = externalFiles(bytes).filter((path) => !Object.keys(files).some((name) => name === path || name.endsWith(`/${path}`)));
  if (missing.length > 0 || NO_EXTERNAL.test(text)) {
    return new PerigeeError('WRONG_CONTENT', `"${entry}" keeps weights in ${missing.map((path) => `"${path}"`).join(', ') || 'another file'}, which is not among the files: ${Object.keys(files).join(', ')}. Pass it too.`, { cause, details: { entry, missing } });
  }
  // The file is a model. Another backend may well open it.
  return new PerigeeError('UNSUPPORTED_MODEL', `The ${backend} backend cannot open "${entry}", which is an ONNX model. It said: ${text}`, { cause, details: { entry, backend } });
}

/** A runtime that does not start: its files are missing, blocked, or there is no GPU. */
export function explainStart(cause: unknown, { backend, wasmUrl }: { readonly backend: Backend; readonly wasmUrl: string | null }): PerigeeError {
  if (cause instanceof PerigeeError) return cause;
  const text = messageOf(cause);
  if (isOutOfMemory(text)) return outOfMemory(cause, backend);
  const from = wasmUrl === null ? 'where the bundler put them' : wasmUrl;
  const remedy = backend === 'native'
    ? 'Install onnxruntime-node for this system again, or use the backend "wasm".'
    : `Check that the runtime's .wasm and .mjs files can be fetched from ${from} (option wasmUrl), that the Content-Security-Policy has script-src 'wasm-unsafe-eval'${backend === 'wasm' ? '' : ', and that this machine has a GPU which the browser may use; "wasm" runs without one'}. Then load the model again.`;
  if (text.includes("previous call to 'init")) {
    return new PerigeeError('BACKEND_UNAVAILABLE', `The ${backend} backend failed to start before, and cannot be started again in the same worker. Dispose the model and load it again, which takes a new worker. ${remedy}`, { cause, details: { backend, wasmUrl } });
  }
  return new PerigeeError('BACKEND_UNAVAILABLE', `The ${backend} backend did not start: ${text} ${remedy}`, { cause, details: { backend, wasmUrl } });
}

export function explainRun(cause: unknown, backend: Backend): PerigeeError {
  if (cause instanceof PerigeeError) return cause;
  const text = messageOf(cause);
  if (isOutOfMemory(text)) return outOfMemory(cause, backend);
  return new PerigeeError('INFERENCE_FAILED', `The ${backend} backend could not run the model: ${text}`, { cause, details: { backend } });
}

function explainVersion(text: string, entry: string, cause: unknown): PerigeeError | null {
  const ir = NEW_IR.exec(text)?.groups;
  const opset = NEW_OPSET.exec(text)?.groups;
  const found = ir ?? opset;
  if (!found) return null;
  const what = ir ? 'IR version' : `operator set (opset) version of domain ${opset?.['domain'] ?? 'ai.onnx'}`;
  const details = { entry, needs: Number(found['needs']), takes: Number(found['takes']) };
  return new PerigeeError('UNSUPPORTED_MODEL', `"${entry}" needs the ${what} ${details.needs}; this runtime takes versions up to ${details.takes}. Export the model for ${details.takes} or lower, or install a newer runtime.`, { cause, details });
}

function outOfMemory(cause: unknown, backend: Backend): PerigeeError {
  return new PerigeeError('OUT_OF_MEMORY', `The ${backend} backend ran out of memory. Load a smaller variant, or dispose other models first.`, { cause, details: { backend } });
}

function isOutOfMemory(text: string): boolean {
  return OUT_OF_MEMORY.some((pattern) => pattern.test(text));
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** Why the bytes are no whole ONNX model; null when they are one, or an .ort file. */
function faultOf(bytes: Uint8Array): string | null {
  const kind = sniffFormat(bytes);
  if (kind === 'tfjs-json') return 'it is a TensorFlow.js model. Name it model.json, and pass its weight files too.';
  const named = KINDS[kind];
  if (named !== undefined) return named;
  if (kind === 'ort') return null;
  try {
    walkOnnx(bytes);
    return null;
  } catch (cause) {
    if (cause instanceof RegistryError && cause.code === 'UNSUPPORTED_MODEL') return null;
    if (kind === 'onnx') return 'it begins as an ONNX model and is damaged or cut off, as after a download that broke off. Fetch it again.';
    return 'its bytes are no ONNX model.';
  }
}
