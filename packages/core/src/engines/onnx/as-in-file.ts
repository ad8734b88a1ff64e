import type { Signature, TensorSignature } from '@perigee/registry';
import type { Tensor, Tensors } from '../../tensor.ts';
import type { EngineSession } from '../engine.ts';
import type { RewrittenModel } from './rewrite-model.ts';
import { listFrom, partNames } from './sequence-output.ts';

/** Gives the session of a rewritten model the inputs and outputs of the original file. */
export function asInFile(
  session: EngineSession,
  { defaults, labels, lists }: RewrittenModel,
): EngineSession {
  if (defaults.size === 0 && labels.size === 0 && lists.size === 0) return session;
  const given = Object.fromEntries([...defaults].map(([name, tensor]) => [name, tensor]));
  return {
    ...session,
    signature: signatureInFile(session.signature, { defaults, labels, lists }),
    async run(feeds, outputs) {
      const wanted = outputs?.flatMap((name) => (lists.has(name) ? partNames(name) : [name]));
      const results = await session.run({ ...given, ...feeds }, wanted);
      return lists.size > 0 ? withLists(results, lists, outputs) : results;
    },
  };
}

function signatureInFile(
  { inputs, outputs }: Signature,
  { defaults, labels, lists }: Omit<RewrittenModel, 'model'>,
): Signature {
  const byFirstPart = new Map([...lists].map((name) => [partNames(name)[0], name]));
  const otherParts = new Set([...lists].flatMap((name) => partNames(name).slice(1)));
  const output = (one: TensorSignature): TensorSignature => {
    const list = byFirstPart.get(one.name);
    if (list !== undefined)
      return { name: list, dtype: one.dtype, shape: [], rank: 'unknown', list: true };
    const columns = labels.get(one.name);
    return columns
      ? {
          name: one.name,
          dtype: one.dtype,
          shape: one.shape.length > 0 ? one.shape : [null, columns.length],
          labels: columns,
        }
      : one;
  };
  return {
    inputs: inputs.map((input) =>
      defaults.has(input.name) ? { ...input, optional: true } : input,
    ),
    outputs: outputs.filter(({ name }) => !otherParts.has(name)).map(output),
  };
}

/** Puts each list under the name of its sequence; see `list` of TensorSignature. */
function withLists(
  results: Tensors,
  lists: ReadonlySet<string>,
  wanted: readonly string[] | undefined,
): Tensors {
  const hidden = new Set([...lists].flatMap((name) => partNames(name)));
  const outputs: Record<string, Tensor | readonly Tensor[]> = {};
  for (const [name, tensor] of Object.entries(results))
    if (!hidden.has(name)) outputs[name] = tensor;
  for (const name of lists)
    if (wanted?.includes(name) ?? true) outputs[name] = listFrom(name, results);
  return outputs as Tensors;
}
