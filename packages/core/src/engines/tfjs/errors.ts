import type { Backend } from '../../config.ts';
import { messageOf, PerigeeError } from '../../error.ts';

/**
 * TensorFlow.js reports faults as English sentences, which may quote the model's own names. The
 * patterns match only sentences of TensorFlow.js, from their first word on.
 */
const OUT_OF_MEMORY = [
  /^(Array buffer allocation failed|Invalid (typed )?array (buffer )?length)/,
  /^Unable to create WebGL(Texture|Buffer|Framebuffer)/,
  /^Requested texture size \[\d+x\d+\] greater than WebGL maximum/,
  /^(Aborted\(OOM\)|abort\(OOM\)|Cannot enlarge memory|Out of memory\b|WebAssembly\.Memory\()/,
  /^Failed to execute 'createBuffer' on 'GPUDevice'/,
];
const DEVICE_LOST = [
  /^(WebGL context lost|CONTEXT_LOST_WEBGL|The GPU device was lost)/i,
  /^(GPU)?Device (is|was) lost/i,
  /^A valid external Instance reference no longer exists/,
];
const NO_KERNEL = /^Kernel '([^']+)' not registered for backend '([^']+)'/;

export function explain(
  cause: unknown,
  what: 'open' | 'run',
  entry: string,
  backend: Backend,
): PerigeeError {
  if (cause instanceof PerigeeError) return cause;
  const text = messageOf(cause);
  const operator = NO_KERNEL.exec(text)?.[1];
  if (operator !== undefined) return noKernel(operator, entry, backend, cause);
  if (OUT_OF_MEMORY.some((pattern) => pattern.test(text)))
    return new PerigeeError(
      'OUT_OF_MEMORY',
      `The ${backend} backend ran out of memory. Load a smaller model, or dispose others first.`,
      { cause, details: { backend } },
    );
  if (DEVICE_LOST.some((pattern) => pattern.test(text)))
    return new PerigeeError(
      'DEVICE_LOST',
      `The GPU was lost while the model was loaded on it. ${text}`,
      { cause, details: { backend } },
    );
  return what === 'open'
    ? new PerigeeError(
        'WRONG_CONTENT',
        `"${entry}" is not a model that TensorFlow.js can read. It said: ${text}`,
        { cause, details: { entry } },
      )
    : new PerigeeError(
        'INFERENCE_FAILED',
        `The ${backend} backend could not run the model. TensorFlow.js said: ${text}`,
        { cause, details: { backend } },
      );
}

/** On the CPU there is no advice to use another backend: "auto" tries the CPU last. */
function noKernel(operator: string, entry: string, backend: Backend, cause: unknown): PerigeeError {
  const remedy =
    backend === 'cpu'
      ? 'Convert the model without this operator, or to ONNX.'
      : 'Another backend may have it: name "webgl" or "cpu", or let "auto" find one.';
  return new PerigeeError(
    'UNSUPPORTED_OPERATOR',
    `"${entry}" needs the operator ${operator}, which the "${backend}" backend of ` +
      `TensorFlow.js does not have. ${remedy}`,
    { cause, details: { operator, backend } },
  );
}
