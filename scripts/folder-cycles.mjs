// Imports between sibling folders go one way, so that a reader can take the folders in an order.
import { relative, sep } from 'node:path';
import { findCycle } from './find-cycle.mjs';

/**
 * The modules that each module imports, as absolute paths.
 * @typedef {ReadonlyMap<string, readonly { file: string, dynamic: boolean }[]>} ModuleGraph
 */

/**
 * @param {ModuleGraph} graph from each module to the modules that it imports, as absolute paths
 * @param {string} root folder that paths in the answer are relative to
 * @returns {string[]} a sentence for each fault
 */
export function faultsOfFolders(graph, root) {
  const arrows = folderArrows(graph, root);
  const pairs = Array.from(arrows.keys(), (arrow) => arrow.split(' → '));
  /** @param {string | undefined} folder */
  const nextOf = (folder) => pairs.filter(([from]) => from === folder).map(([, to]) => to);
  const cycle = findCycle(
    pairs.map(([from]) => from),
    nextOf,
  );
  return cycle ? [`folders import each other: ${explain(cycle, arrows)}`] : [];
}

/**
 * Maps `folder → folder`, two folders with the same parent, to an example of such an import.
 * @param {ModuleGraph} graph
 * @param {string} root
 */
function folderArrows(graph, root) {
  const arrows = new Map();
  for (const [file, imports] of graph) {
    for (const { file: target } of imports) {
      const from = relative(root, file).split(sep);
      const to = relative(root, target).split(sep);
      const fork = from.findIndex((name, i) => name !== to[i]);
      const areFolders = fork >= 0 && fork < from.length - 1 && fork < to.length - 1;
      if (!areFolders) continue;
      const arrow = [from, to].map((path) => path.slice(0, fork + 1).join('/')).join(' → ');
      arrows.set(arrow, `${from.join('/')} imports ${to.join('/')}`);
    }
  }
  return arrows;
}

/**
 * @param {readonly (string | undefined)[]} cycle
 * @param {ReadonlyMap<string, string>} arrows
 */
function explain(cycle, arrows) {
  const steps = cycle.slice(1).map((folder, i) => arrows.get(`${cycle[i]} → ${folder}`));
  return `${cycle.join(' → ')}\n  ${steps.join('\n  ')}`;
}
