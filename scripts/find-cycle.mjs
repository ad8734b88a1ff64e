/**
 * The nodes of one cycle of a graph, the first node again at the end. Undefined if there is none.
 * @param nodes all nodes
 * @param nextOf the nodes that a node leads to
 */
export function findCycle(nodes, nextOf) {
  const done = new Set();
  const path = [];
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
