/**
 * The nodes of one cycle of a graph, the first node again at the end. Undefined if there is none.
 * @param {Iterable<T>} nodes all nodes
 * @param {(node: T) => Iterable<T>} nextOf the nodes that a node leads to
 * @template T
 * @returns {T[] | undefined}
 */
export function findCycle(nodes, nextOf) {
  const done = new Set();
  /** @type {T[]} */
  const path = [];
  /** @type {(node: T) => T[] | undefined} */
  const visit = (node) => {
    const at = path.indexOf(node);
    if (at >= 0) return [...path.slice(at), node];
    if (done.has(node)) return undefined;
    path.push(node);
    for (const next of nextOf(node)) {
      const found = visit(next);
      if (found) return found;
    }
    path.pop();
    done.add(node);
    return undefined;
  };
  for (const node of nodes) {
    const found = visit(node);
    if (found) return found;
  }
  return undefined;
}
