// Imports between sibling folders go one way, so that a reader can take the folders in an order.
import { relative, sep } from 'node:path';

/**
 * Imports that go against the order today. The list may only get shorter: an entry whose imports
 * are gone is a fault, too. Each entry says which file to move.
 */
const AGAINST_THE_ORDER = [];

/**
 * @param graph from each module to the modules that it imports, as absolute paths
 * @param root folder that paths in the answer are relative to
 * @returns a sentence for each fault
 */
export function faultsOfFolders(graph, root) {
  const arrows = folderArrows(graph, root);
  const gone = AGAINST_THE_ORDER.filter((arrow) => !arrows.has(arrow));
  const kept = [...arrows.keys()].filter((arrow) => !AGAINST_THE_ORDER.includes(arrow));
  const cycle = findCycle(kept.map((arrow) => arrow.split(' → ')));
  return [
    ...gone.map((arrow) => `${arrow}: no longer imported; delete it from folder-cycles.mjs.`),
    ...(cycle ? [`folders import each other: ${explain(cycle, arrows)}`] : []),
  ];
}

/** Maps `folder → folder`, two folders with the same parent, to an example of such an import. */
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

/** The folders of one cycle, with the first again at the end; undefined if there is none. */
function findCycle(arrows) {
  const done = new Set();
  const visit = (folder, path) => {
    if (path.includes(folder)) return [...path.slice(path.indexOf(folder)), folder];
    if (done.has(folder)) return undefined;
    for (const [from, to] of arrows) {
      const found = from === folder ? visit(to, [...path, folder]) : undefined;
      if (found) return found;
    }
    done.add(folder);
    return undefined;
  };
  for (const [from] of arrows) {
    const found = visit(from, []);
    if (found) return found;
  }
  return undefined;
}

function explain(cycle, arrows) {
  const steps = cycle.slice(1).map((folder, i) => arrows.get(`${cycle[i]} → ${folder}`));
  return `${cycle.join(' → ')}\n  ${steps.join('\n  ')}`;
}
