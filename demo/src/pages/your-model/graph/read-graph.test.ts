import { readFile } from 'node:fs/promises';
import { graphInput, graphOutput, model, node } from '@perigee/registry/onnx';
import { expect, test } from 'vitest';
import type { ModelGraph } from './model-graph.ts';
import { readOnnxGraph } from './read-onnx-graph.ts';
import { readTfjsGraph } from './read-tfjs-graph.ts';

const file = (path: string): Promise<Uint8Array> =>
  readFile(new URL(`../../../../../${path}`, import.meta.url));

/** Each edge as "Conv → Relu". */
const flows = ({ nodes, edges }: ModelGraph): string[] =>
  edges.map(([from, to]) => `${nodes[from]?.label} → ${nodes[to]?.label}`);

test('the operators of the digits model are a chain from its input to its output', async () => {
  const graph = readOnnxGraph(await file('models/digits/versions/1.0.0/model.onnx'));
  expect(graph.nodes[0]).toMatchObject({ kind: 'input', label: 'image' });
  expect(graph.nodes.at(-1)).toMatchObject({ kind: 'output', label: 'logits' });
  // 10 operators, an input and an output: weights are no nodes.
  expect(graph.nodes).toHaveLength(12);
  expect(graph.edges).toHaveLength(11);
  expect(flows(graph)).toContain('Flatten → Gemm');
  expect(flows(graph)).toContain('Gemm → logits');
});

test('an operator that reads two others, and one that is read twice, have all their edges', () => {
  const bytes = model([
    graphInput('x', 'float32', [1]),
    node('Relu', ['x'], ['a'], {}, { name: 'first' }),
    node('Neg', ['a'], ['b']),
    node('Add', ['a', 'b'], ['y']),
    graphOutput('y', 'float32', [1]),
  ]);
  expect(flows(readOnnxGraph(bytes)).toSorted()).toEqual(
    ['x → Relu', 'Relu → Neg', 'Relu → Add', 'Neg → Add', 'Add → y'].toSorted(),
  );
});

test('a loop is connected to what its body reads from outside', async () => {
  const graph = readOnnxGraph(await file('e2e/models/loop.onnx'));
  expect(flows(graph)).toContain('x → Loop');
  expect(flows(graph)).toContain('Loop → y');
});

test.each(['no model', ''])('bytes that are no model are refused: "%s"', (text) => {
  expect(() => readOnnxGraph(new TextEncoder().encode(text))).toThrow(/ONNX/);
});

test('a graph of TensorFlow.js has its operators without constants', async () => {
  const graph = readTfjsGraph(await file('e2e/models/tfjs-net/model.json'));
  expect(graph.nodes.map(({ label }) => label)).not.toContain('Const');
  expect(flows(graph)).toContain('image → Conv2D');
  expect(graph.nodes.filter(({ kind }) => kind === 'output')).toHaveLength(1);
});

const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const layer = (name: string, inbound_nodes: unknown = []) => ({
  class_name: name === 'in' ? 'InputLayer' : 'Dense',
  config: { name },
  name,
  inbound_nodes,
});

test('layers of Keras are connected by their calls, and a sequence in its order', () => {
  const functional = {
    modelTopology: {
      model_config: {
        class_name: 'Model',
        config: {
          layers: [
            layer('in'),
            layer('a', [[['in', 0, 0, {}]]]),
            layer('b', [{ args: [{ config: { keras_history: ['a', 0, 0] } }] }]),
          ],
        },
      },
    },
  };
  expect(flows(readTfjsGraph(json(functional)))).toEqual([
    'in → Dense',
    'Dense → Dense',
    'Dense → b',
  ]);
  const sequence = {
    modelTopology: { model_config: { class_name: 'Sequential', config: [layer('a'), layer('b')] } },
  };
  expect(flows(readTfjsGraph(json(sequence)))).toEqual([
    'input → Dense',
    'Dense → Dense',
    'Dense → b',
  ]);
});
