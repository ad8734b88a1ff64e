import type { Signature, TensorSignature } from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import type { StoredRelease } from '../store/load-stored.ts';

/**
 * Rejects tensors named `__proto__`. Tensors travel in plain objects, by name. Assigning that name
 * creates no property, so Perigee and ONNX Runtime would lose the tensor.
 * @throws PerigeeError UNSUPPORTED_MODEL
 */
export function refuseProto(entry: string, { inputs, outputs }: Signature): void {
  const isInput = inputs.some(({ name }) => name === '__proto__');
  if (!isInput && !outputs.some(({ name }) => name === '__proto__')) return;
  throw new PerigeeError(
    'UNSUPPORTED_MODEL',
    `"${entry}" has an ${isInput ? 'input' : 'output'} called "__proto__", which JavaScript ` +
      'runtimes lose. Rename it in the model.',
    { details: { name: '__proto__' } },
  );
}

/**
 * Compares the model's signature with the manifest's, which the app relies on.
 * @throws PerigeeError INVALID_MANIFEST when they differ
 */
export function checkContract({ manifest }: StoredRelease, actual: Signature): void {
  for (const side of ['inputs', 'outputs'] as const) {
    for (const declared of manifest.signature[side]) {
      const found = actual[side].find(({ name }) => name === declared.name);
      if (found && found.dtype === declared.dtype && sameRank(found, declared)) continue;
      const has = actual[side].map((one) => `${one.name} ${typeText(one)}`).join('; ');
      throw new PerigeeError(
        'INVALID_MANIFEST',
        `${manifest.name}@${manifest.version} declares ` +
          `${side.slice(0, -1)} "${declared.name}" as ${typeText(declared)}, but its file has: ` +
          `${has}. Pack the model again.`,
      );
    }
  }
}

/** Whether two ranks are compatible. An unknown rank is compatible with every rank. */
function sameRank(a: TensorSignature, b: TensorSignature): boolean {
  return a.rank === 'unknown' || b.rank === 'unknown' || a.shape.length === b.shape.length;
}

function typeText({ dtype, shape, rank }: TensorSignature): string {
  return rank === 'unknown'
    ? `${dtype} of any shape`
    : `${dtype} [${shape.map((size) => size ?? '?').join(', ')}]`;
}
