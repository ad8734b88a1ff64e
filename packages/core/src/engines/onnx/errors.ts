import { RegistryError, walkOnnx } from '@perigee/registry';
import type { Backend } from '../../config.ts';
import { messageOf, PerigeeError } from '../../error.ts';
import type { EngineFiles } from '../engine.ts';
import { KINDS } from '../kinds.ts';
import { sniffFormat } from '../sniff.ts';
import { externalFiles } from './graph-facts.ts';
import { withoutNames, withoutQuotes } from './unquoted.ts';

/**
 * ONNX Runtime reports faults as English sentences, which quote names that the model's author
 * chose. The names are removed first (unquoted.ts). Each pattern then matches a whole phrase of the
 * runtime, at the place where the runtime writes it.
 */
const NO_KERNEL = new RegExp(
  [
    String.raw`(?:^|[\]:.] |\n)`,
    String.raw`(?:Could not find an implementation for|Failed to find kernel for|`,
    String.raw`No Op registered for) `,
    String.raw`(?<operator>[\w.:]+)`,
  ].join(''),
);
const NOT_REGISTERED = new RegExp(
  [
    String.raw`(?:^|[\]:.] |\n)(?:Error: )?(?:In Node, .*, Error )?`,
    String.raw`(?<operator>[\w.]+:\w+)\(-?\d+\) is not a registered function\/op`,
  ].join(''),
);
const NOT_IN_BUILD = new RegExp(
  [
    String.raw`This is an invalid model\. In Node, .*, Error `,
    String.raw`No Op registered for (?<operator>\w+) with domain_version`,
  ].join(''),
  's',
);
const NEW_IR = new RegExp(
  [
    String.raw`(?:^|[\]:.)] |\n)`,
    String.raw`Unsupported model IR version: (?<needs>\d+), `,
    String.raw`max supported IR version: (?<takes>\d+)`,
  ].join(''),
);
const NEW_OPSET = new RegExp(
  [
    String.raw`ONNX Runtime only \*guarantees\* support for `,
    String.raw`models stamped with official released onnx opset versions\. `,
    String.raw`Opset (?<needs>\d+) is under development and support for this is limited\. `,
    String.raw`The operator schemas and or other functionality may change before `,
    String.raw`next ONNX release and in this case ONNX Runtime will not guarantee `,
    String.raw`backward compatibility\. `,
    String.raw`Current official support for domain (?<domain>\S+) is till opset (?<takes>\d+)`,
  ].join(''),
);
const NO_EXTERNAL = new RegExp(
  [
    String.raw`Module\.MountedFiles is not available|`,
    String.raw`not found in (?:the )?preloaded files|`,
    String.raw`External data path (?:for model|does not exist|validation failed)|`,
    String.raw`not found from the table user provided|`,
    String.raw`^External data file not found`,
  ].join(''),
  'i',
);
/** Messages of the native allocator, of C++, of wasm memory that cannot grow, and of JavaScript. */
const OUT_OF_MEMORY = [
  new RegExp(
    [
      String.raw`^(?:Error: |RangeError: )?`,
      String.raw`(?:std::bad_alloc|bad allocation|Array buffer allocation failed|`,
      String.raw`Out of memory|WebAssembly\.Memory\(\): could not allocate memory)`,
    ].join(''),
  ),
  /(?:^|Exception(?: during \w+)?: )std::bad_alloc$/,
  /(?:^|[\]:] |\n)Failed to allocate memory for requested buffer of size \d+/,
  new RegExp(
    [
      String.raw`^(?:RuntimeError: )?Aborted\((?:OOM|Cannot enlarge memory|`,
      String.raw`native code called abort\(\): out of memory)`,
    ].join(''),
  ),
  /^(?:failed to grow|Cannot grow|memory access out of memory)/i,
];

export function explainCreate(
  cause: unknown,
  { entry, files }: EngineFiles,
  bytes: Uint8Array,
  backend: Backend,
): PerigeeError {
  if (cause instanceof PerigeeError) return cause;
  const text = messageOf(cause);
  const phrases = withoutNames(text, bytes);
  if (isOutOfMemory(phrases)) return outOfMemory(cause, backend);
  const tooNew = explainVersion(phrases, entry, cause);
  if (tooNew) return tooNew;
  const refused =
    NOT_REGISTERED.exec(phrases) ?? NO_KERNEL.exec(phrases) ?? NOT_IN_BUILD.exec(phrases);
  const operator = refused?.groups?.['operator'];
  if (operator !== undefined) {
    return new PerigeeError(
      'UNSUPPORTED_OPERATOR',
      `"${entry}" uses the operator ${operator}, which the ${backend} backend does not have. ` +
        text,
      { cause, details: { operator, backend } },
    );
  }
  const fault = faultOf(bytes);
  if (fault !== null) {
    const sizeBytes = bytes.byteLength;
    return new PerigeeError(
      'WRONG_CONTENT',
      `"${entry}" (${sizeBytes} bytes) is not a model ONNX Runtime can read: ${fault} ` +
        `It said: ${text}`,
      { cause, details: { entry, sizeBytes } },
    );
  }
  const given = Object.keys(files);
  const missing = externalFiles(bytes).filter(
    (path) => !given.some((name) => name === path || name.endsWith(`/${path}`)),
  );
  if (missing.length > 0 || NO_EXTERNAL.test(phrases)) {
    const elsewhere = missing.map((path) => `"${path}"`).join(', ') || 'another file';
    return new PerigeeError(
      'WRONG_CONTENT',
      `"${entry}" keeps weights in ${elsewhere}, which is not among the files: ` +
        `${given.join(', ')}. Pass it too.`,
      { cause, details: { entry, missing } },
    );
  }
  // The file is a valid model, so another backend may open it.
  return new PerigeeError(
    'UNSUPPORTED_MODEL',
    `The ${backend} backend cannot open "${entry}", which is an ONNX model. It said: ${text}`,
    { cause, details: { entry, backend } },
  );
}

/** Explains a failed start: the runtime's files are missing or blocked, or there is no GPU. */
export function explainStart(
  cause: unknown,
  { backend, wasmUrl }: { readonly backend: Backend; readonly wasmUrl: string | null },
): PerigeeError {
  if (cause instanceof PerigeeError) return cause;
  const text = messageOf(cause);
  if (isOutOfMemory(text)) return outOfMemory(cause, backend);
  const remedy = startRemedy(backend, wasmUrl);
  if (text.includes("previous call to 'init")) {
    return new PerigeeError(
      'BACKEND_UNAVAILABLE',
      `The ${backend} backend failed to start before, and cannot be started again in the same ` +
        `worker. Dispose the model and load it again, which takes a new worker. ${remedy}`,
      { cause, details: { backend, wasmUrl } },
    );
  }
  return new PerigeeError(
    'BACKEND_UNAVAILABLE',
    `The ${backend} backend did not start: ${text} ${remedy}`,
    { cause, details: { backend, wasmUrl } },
  );
}

function startRemedy(backend: Backend, wasmUrl: string | null): string {
  if (backend === 'native')
    return 'Install onnxruntime-node for this system again, or use the backend "wasm".';
  const gpu =
    backend === 'wasm'
      ? ''
      : ', and that this machine has a GPU which the browser may use; "wasm" runs without one';
  const from =
    wasmUrl === null
      ? '(from where the bundler put them, or from assetsUrl and wasmUrl)'
      : `from wasmUrl = ${wasmUrl}`;
  return (
    `Check that the runtime's .wasm and .js files can be fetched ${from}, ` +
    `that the Content-Security-Policy has script-src 'wasm-unsafe-eval'${gpu}. ` +
    'Then load the model again.'
  );
}

export function explainRun(cause: unknown, backend: Backend): PerigeeError {
  if (cause instanceof PerigeeError) return cause;
  const text = messageOf(cause);
  if (isOutOfMemory(withoutQuotes(text))) return outOfMemory(cause, backend);
  return new PerigeeError(
    'INFERENCE_FAILED',
    `The ${backend} backend could not run the model: ${text}`,
    { cause, details: { backend } },
  );
}

function explainVersion(text: string, entry: string, cause: unknown): PerigeeError | null {
  const ir = NEW_IR.exec(text)?.groups;
  const opset = NEW_OPSET.exec(text)?.groups;
  const found = ir ?? opset;
  if (!found) return null;
  const domain = opset?.['domain'] ?? 'ai.onnx';
  const what = ir ? 'IR version' : `operator set (opset) version of domain ${domain}`;
  const [needs, takes] = [Number(found['needs']), Number(found['takes'])];
  return new PerigeeError(
    'UNSUPPORTED_MODEL',
    `"${entry}" needs the ${what} ${needs}; this runtime takes versions up to ${takes}. ` +
      `Export the model for ${takes} or lower, or install a newer runtime.`,
    { cause, details: { entry, needs, takes } },
  );
}

function outOfMemory(cause: unknown, backend: Backend): PerigeeError {
  return new PerigeeError(
    'OUT_OF_MEMORY',
    `The ${backend} backend ran out of memory. ` +
      'Load a smaller variant, or dispose other models first.',
    { cause, details: { backend } },
  );
}

function isOutOfMemory(text: string): boolean {
  return OUT_OF_MEMORY.some((pattern) => pattern.test(text));
}

/** Why the bytes are not a complete ONNX model; null when they are one, or an .ort file. */
function faultOf(bytes: Uint8Array): string | null {
  const kind = sniffFormat(bytes);
  if (kind === 'tfjs-json')
    return 'it is a TensorFlow.js model. Name it model.json, and pass its weight files too.';
  const named = KINDS[kind];
  if (named !== undefined) return named;
  if (kind === 'ort') return null;
  try {
    walkOnnx(bytes);
    return null;
  } catch (cause) {
    if (cause instanceof RegistryError && cause.code === 'UNSUPPORTED_MODEL') return null;
    if (kind === 'onnx')
      return (
        'it begins as an ONNX model and is damaged or cut off, ' +
        'as after a download that broke off. Fetch it again.'
      );
    return 'its bytes are no ONNX model.';
  }
}
