/// <reference lib="webworker" />
// Reads and lays out the graph of a model file, away from the page's thread.
import { bytes as sizeText, messageOf } from '../../../format.ts';
import { countOperators, foldToDraw, partOf } from './fold-graph.ts';
import { layOut } from './lay-out.ts';
import type { ModelGraph } from './model-graph.ts';
import { LISTED } from './protocol.ts';
import type { Drawing, GraphAnswer, GraphRequest } from './protocol.ts';
import { readOnnxGraph } from './read-onnx-graph.ts';
import { readTfjsGraph } from './read-tfjs-graph.ts';

declare const self: DedicatedWorkerGlobalScope;

/** A file is read into memory as a whole. */
const MAX_BYTES = 1_000_000_000;
const BRACE = 0x7b;

let whole: ModelGraph = { nodes: [], edges: [] };
let shown = whole;

self.addEventListener('message', ({ data }: MessageEvent<GraphRequest>) => void answer(data));

async function answer(request: GraphRequest): Promise<void> {
  self.postMessage(
    await drawingOf(request).then(
      (drawing): GraphAnswer => ({ drawing }),
      (error: unknown): GraphAnswer => ({ fault: messageOf(error) }),
    ),
  );
}

async function drawingOf(request: GraphRequest): Promise<Drawing> {
  if (request.type === 'read') shown = whole = graphOf(await bytesOf(request.file));
  else shown = request.type === 'whole' ? whole : partOf(shown, request.members);
  const drawn = foldToDraw(shown);
  return {
    placed: layOut(drawn),
    listed: shown.nodes.slice(0, LISTED),
    operators: countOperators(shown.nodes),
    total: shown.nodes.length,
    isFolded: drawn.nodes.length < shown.nodes.length,
    isPart: shown !== whole,
  };
}

function graphOf(bytes: Uint8Array): ModelGraph {
  return bytes[0] === BRACE ? readTfjsGraph(bytes) : readOnnxGraph(bytes);
}

async function bytesOf(file: File | string): Promise<Uint8Array> {
  const blob = typeof file === 'string' ? await (await fetch(file)).blob() : file;
  if (blob.size > MAX_BYTES)
    throw new Error(
      `The file has ${sizeText(blob.size)}. Graphs of files up to ${sizeText(MAX_BYTES)} are drawn.`,
    );
  return new Uint8Array(await blob.arrayBuffer());
}
