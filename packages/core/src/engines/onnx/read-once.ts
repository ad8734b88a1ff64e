import { wire } from '@perigee/registry';
import type { ExternalSpan, WireField } from '@perigee/registry';
import { externalTensors } from './graph-facts.ts';

/**
 * Tells where tensors begin in external files that the runtime reads once, so that their bytes can
 * be freed then. One node takes such a tensor, and no other tensor has a byte of it. Others may be
 * read again: the optimiser reads a tensor for each node that takes it.
 */
export function readOnce(graph: Uint8Array): (file: string, start: number) => boolean {
  const takers = takersIn(graph);
  const tensors = externalTensors(graph);
  const starts = new Map<string, ReadonlySet<number>>();
  for (const name of new Set(tensors.map(({ file }) => file))) {
    const own = apart(tensors.filter(({ file }) => file === name)).filter(
      (tensor) => takers.get(tensor.name) === 1,
    );
    starts.set(name, new Set(own.map(({ start }) => start)));
  }
  return (file, start) => starts.get(file)?.has(start) ?? false;
}

/** The tensors of a file that share no byte with another one. */
function apart(tensors: readonly ExternalSpan[]): ExternalSpan[] {
  const sorted = tensors.toSorted((a, b) => a.start - b.start);
  let before = 0;
  return sorted.filter(({ start, end }, i) => {
    const next = sorted[i + 1]?.start ?? Infinity;
    const isFirst = start >= before && start !== sorted[i - 1]?.start;
    before = Math.max(before, end ?? Infinity);
    return isFirst && start !== next && (end ?? Infinity) <= next;
  });
}

/**
 * How often each name is taken by a node, or returned by a graph. Empty for a model with functions
 * of its own: a function may use what a node takes several times. ModelProto: graph 7, functions 25.
 */
function takersIn(model: Uint8Array): ReadonlyMap<string, number> {
  const takers = new Map<string, number>();
  for (const field of wire.fields(model, 0, model.byteLength)) {
    if (field.number === 25) return new Map();
    if (field.number !== 7) continue;
    for (const name of namesTaken(model, wire.message(field)))
      takers.set(name, (takers.get(name) ?? 0) + 1);
  }
  return takers;
}

/**
 * GraphProto: node 1, output 12. NodeProto: input 1, attribute 5. AttributeProto: g 6, graphs 11.
 * ValueInfoProto: name 1.
 */
function* namesTaken(bytes: Uint8Array, graph: WireField): Generator<string> {
  for (const field of wire.fields(bytes, graph.start, graph.end)) {
    if (field.number !== 1 && field.number !== 12) continue;
    const isNode = field.number === 1;
    for (const part of wire.fields(bytes, wire.message(field).start, field.end)) {
      if (part.number === 1) yield wire.text(bytes, part);
      else if (isNode && part.number === 5)
        for (const inner of wire.fields(bytes, wire.message(part).start, part.end))
          if (inner.number === 6 || inner.number === 11)
            yield* namesTaken(bytes, wire.message(inner));
    }
  }
}
