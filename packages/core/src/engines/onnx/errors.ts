import type { Backend } from '../../config.ts';
import { PerigeeError } from '../../error.ts';

/** ONNX Runtime reports faults as English sentences; these are the ones a user can act on. */
export function explainCreate(cause: unknown, entry: string, bytes: Uint8Array, backend: Backend): PerigeeError {
  const text = messageOf(cause);
  // Missing from the runtime, or from this backend for these element types.
  const operator = (/([\w.]+:\w+)\(-?\d+\) is not a registered function\/op/.exec(text) ?? /(?:No Op registered for|Could not find an implementation for|Failed to find kernel for|Provider type for)\W*([\w.:]+)/.exec(text))?.[1];
  if (operator !== undefined || /No Op registered|find an implementation|registered function\/op/.test(text)) {
    return new PerigeeError('UNSUPPORTED_OPERATOR', `"${entry}" uses the operator ${operator || '(see cause)'}, which the ${backend} backend does not have. ${text}`, { cause, details: { operator, backend } });
  }
  if (isOutOfMemory(text)) return outOfMemory(cause, backend);
  if (/no available backend|webgpu|webnn|adapter/i.test(text) && !/protobuf/i.test(text)) {
    return new PerigeeError('BACKEND_UNAVAILABLE', `The ${backend} backend did not start: ${text}`, { cause, details: { backend } });
  }
  return new PerigeeError('WRONG_CONTENT', `"${entry}" (${bytes.byteLength} bytes) is not a model ONNX Runtime can read${hint(bytes)}. It said: ${text}`, { cause, details: { entry, sizeBytes: bytes.byteLength } });
}

export function explainRun(cause: unknown, backend: Backend): PerigeeError {
  if (cause instanceof PerigeeError) return cause;
  const text = messageOf(cause);
  if (isOutOfMemory(text)) return outOfMemory(cause, backend);
  return new PerigeeError('INFERENCE_FAILED', `The ${backend} backend could not run the model: ${text}`, { cause, details: { backend } });
}

function outOfMemory(cause: unknown, backend: Backend): PerigeeError {
  return new PerigeeError('OUT_OF_MEMORY', `The ${backend} backend ran out of memory. Load a smaller variant, or dispose other models first.`, { cause, details: { backend } });
}

function isOutOfMemory(text: string): boolean {
  return /bad_alloc|out of memory|memory allocation|Array buffer allocation failed|failed to grow|OOM/i.test(text);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** What the first bytes look like, when they are something else entirely. */
function hint(bytes: Uint8Array): string {
  const start = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart().toLowerCase();
  if (bytes.byteLength === 0) return ': it is empty';
  if (start.startsWith('<!doctype') || start.startsWith('<html')) return ': it is an HTML page, probably a fallback page of the server';
  if (start.startsWith('version https://git-lfs')) return ': it is a Git LFS pointer, not the file it points to';
  if (start.startsWith('<?xml') || start.startsWith('{')) return ': it is text, probably an error message of the server';
  return '';
}
