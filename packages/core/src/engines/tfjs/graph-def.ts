import { PerigeeError } from '../../error.ts';

/** A node of TensorFlow's GraphDef, as the converter writes it in JSON. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[] | null;
  readonly attr?: Readonly<Record<string, Attribute>> | null;
}

export interface Attribute {
  readonly type?: string | number;
  readonly shape?: GraphShape;
  readonly i?: string | number;
  readonly list?: { readonly type?: readonly (string | number)[] };
}

export interface GraphShape {
  readonly unknownRank?: boolean;
  readonly dim?: readonly { readonly size?: string | number }[] | null;
}

export type Nodes = ReadonlyMap<string, GraphNode>;

/** Splits a tensor's name: "^y:1" is output 1 of the node "y". */
export function splitTensorName(name: string): { readonly node: string; readonly index: number } {
  const parts = name.replace(/^\^/, '').split(':');
  return { node: parts[0] ?? '', index: parts.length > 1 ? Number(parts.at(-1)) : 0 };
}

/**
 * The nodes of a graph by name, checked enough for TensorFlow.js to parse them.
 * @throws PerigeeError WRONG_CONTENT or UNSUPPORTED_MODEL naming the node
 */
export function nodesOf(topology: object, entry: string): Nodes {
  const list = (topology as { readonly node?: unknown }).node;
  if (!Array.isArray(list))
    throw damaged(
      entry,
      'its "modelTopology" has neither a Keras configuration nor a list of nodes',
    );
  const nodes = new Map<string, GraphNode>();
  for (const [i, node] of list.entries()) {
    if (!isNode(node)) throw damaged(entry, `node ${i} is not { name, op, input: […] }`);
    if (node.name in Object.prototype)
      throw new PerigeeError(
        'UNSUPPORTED_MODEL',
        `"${entry}" has a node "${node.name}". TensorFlow.js cannot run a graph with a ` +
          'node of that name. Rename it and convert the model again.',
        { details: { entry } },
      );
    if (nodes.has(node.name)) throw damaged(entry, `it has two nodes "${node.name}"`);
    nodes.set(node.name, node);
  }
  for (const { name, input } of nodes.values()) {
    const missing = input?.find((one) => !nodes.has(splitTensorName(one).node));
    if (missing !== undefined)
      throw damaged(entry, `its node "${name}" needs "${missing}", which is not there`);
  }
  return nodes;
}

/** The given nodes, and all nodes that they are computed from. */
export function reachable(nodes: Nodes, from: readonly string[]): readonly GraphNode[] {
  const found = new Map<string, GraphNode>();
  const open = [...from];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = nodes.get(name);
    if (!node || found.has(name)) continue;
    found.set(name, node);
    for (const input of node.input ?? []) open.push(splitTensorName(input).node);
  }
  return [...found.values()];
}

/**
 * Checks that the nodes can be put in order. Loops of old graphs are allowed, which all go through
 * a NextIteration. No other cycle can start.
 * @throws PerigeeError WRONG_CONTENT
 */
export function checkOrder(nodes: readonly GraphNode[], entry: string): void {
  const followers = new Map<string, GraphNode[]>();
  const waitsFor = new Map<GraphNode, number>();
  const loops = new Set(nodes.filter(({ op }) => op === 'NextIteration').map(({ name }) => name));
  for (const node of nodes) {
    const inputs = (node.input ?? [])
      .map((input) => splitTensorName(input).node)
      .filter((name) => !loops.has(name));
    waitsFor.set(node, inputs.length);
    for (const name of inputs) followersOf(followers, name).push(node);
  }
  const ready = nodes.filter((node) => waitsFor.get(node) === 0);
  for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
    waitsFor.delete(node);
    for (const follower of followers.get(node.name) ?? []) {
      const left = (waitsFor.get(follower) ?? 0) - 1;
      waitsFor.set(follower, left);
      if (left === 0) ready.push(follower);
    }
  }
  const stuck = [...waitsFor.keys()].slice(0, 10).map(({ name }) => `"${name}"`);
  if (stuck.length > 0)
    throw damaged(entry, `its nodes ${stuck.join(', ')} need each other's results`);
}

function followersOf(followers: Map<string, GraphNode[]>, name: string): GraphNode[] {
  const known = followers.get(name) ?? [];
  followers.set(name, known);
  return known;
}

export function damaged(entry: string, why: string): PerigeeError {
  return new PerigeeError(
    'WRONG_CONTENT',
    `"${entry}" is damaged: ${why}. Convert the model again, or fetch it again.`,
    { details: { entry } },
  );
}

function isNode(node: unknown): node is GraphNode {
  if (typeof node !== 'object' || node === null) return false;
  const { name, op, input, attr } = node as Record<string, unknown>;
  return (
    typeof name === 'string' &&
    name !== '' &&
    typeof op === 'string' &&
    (input === undefined ||
      input === null ||
      (Array.isArray(input) && input.every((one) => typeof one === 'string'))) &&
    (attr === undefined || attr === null || (typeof attr === 'object' && !Array.isArray(attr)))
  );
}
