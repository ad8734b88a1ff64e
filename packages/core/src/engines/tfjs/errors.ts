import type { Backend } from '../../config.ts';
import { PerigeeError } from '../../error.ts';

/** TensorFlow.js reports faults as English sentences; these are the ones a user can act on. */
export function explain(cause: unknown, what: 'open' | 'run', entry: string, backend: Backend): PerigeeError {
  if (cause instanceof PerigeeError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  const operator = missingOperator(text);
  if (operator !== undefined) return new PerigeeError('UNSUPPORTED_OPERATOR', `"${entry}" needs ${operator}, which TensorFlow.js does not have on the backend "${backend}". Use backend "auto", which goes on to one that has it.`, { cause, details: { operator, backend } });
  if (/out of memory|allocation failed|Array buffer allocation|exceeds.*texture|Failed to (create|allocate)/i.test(text)) return new PerigeeError('OUT_OF_MEMORY', `The ${backend} backend ran out of memory. Load a smaller model, or dispose others first.`, { cause, details: { backend } });
  if (/context.?lost|device.*lost/i.test(text)) return new PerigeeError('DEVICE_LOST', `The GPU was lost while the model was loaded on it. ${text}`, { cause, details: { backend } });
  return what === 'open'
    ? new PerigeeError('WRONG_CONTENT', `"${entry}" is not a model TensorFlow.js can read. It said: ${text}`, { cause, details: { entry } })
    : new PerigeeError('INFERENCE_FAILED', `The ${backend} backend could not run the model: ${text}`, { cause, details: { backend } });
}

function missingOperator(text: string): string | undefined {
  return (/Kernel '?"?(\w+)"?'? not registered/.exec(text) ?? /Unknown (?:layer|activation|constraint|initializer|regularizer):? *'?"?(\w+)/.exec(text) ?? /(?:Unsupported Ops in the model|Unknown op|is not supported)\D*?([A-Z]\w+)/.exec(text) ?? /Node type (\w+) is not defined|TypeError: Node type (\w+)/.exec(text))?.slice(1).find(Boolean);
}
