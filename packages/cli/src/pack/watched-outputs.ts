import type { Manifest, Pipeline } from '@perigee/registry';

type Signature = Manifest['signature'];

/**
 * Warnings about outputs that the collector will not see. Only one output is watched: a label with
 * its score, or a number.
 */
export function unwatchedOutputs(
  pipeline: Pipeline | undefined,
  signature: Signature,
  reference: Readonly<Partial<Record<'output' | 'value', object>>>,
): string[] {
  const watched =
    pipeline?.postprocess.find(({ tensor }) => tensor !== undefined)?.tensor ??
    signature.outputs[0]?.name;
  const others = signature.outputs
    .filter((output) => output.name !== watched && !isClass(output))
    .map(({ name }) => `"${name}"`);
  const notes: string[] = [];
  if (!reference.output && !reference.value) {
    notes.push(
      'The answers of this model are not watched: the collector watches a label with its ' +
        `score, or one number per row. ${inputsAre}`,
    );
  } else if (others.length > 0) {
    notes.push(
      `The collector watches the output "${watched}". It does not watch ${others.join(', ')}.`,
    );
  }
  if (reference.output && pipeline?.postprocess.some(({ op }) => op === 'sigmoid')) {
    notes.push(
      'Several labels may hold at once; the collector watches the one with the highest score.',
    );
  }
  return notes;
}

const inputsAre = 'Its inputs, errors and latency are watched.';

/** A class label beside its probabilities adds no information. */
function isClass({ dtype, shape }: Signature['outputs'][number]): boolean {
  return shape.length <= 1 && !dtype.startsWith('float');
}
