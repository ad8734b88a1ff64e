import { RegistryError, walkOnnx } from '@perigee/registry';
import { asPerigeeError } from '../../rpc/error-wire.ts';
import { PerigeeError } from '../../error.ts';
import type { Tensor, Tensors } from '../../tensor.ts';
import type { Engine, EngineFiles } from '../engine.ts';
import { relateRows } from '../onnx/shapes/rows.ts';
import type { RowsRelation } from '../onnx/shapes/rows.ts';
import { operatorsFor } from './operators/table.ts';
import { makePlan } from './plan.ts';
import { readGraph } from './read-graph.ts';
import { unsuitable } from './suitable.ts';

/** Runs small ONNX models in plain TypeScript, with no wasm to download, compile or start. */
export const instantEngine: Engine = {
  unsuitable: ({ entry, files, onDisk }) =>
    onDisk ? 'it is too large for plain JavaScript' : unsuitable(files[entry] ?? new Uint8Array(0)),
  prepare: () => Promise.resolve(),

  async create({ entry, files }: EngineFiles) {
    const bytes = files[entry] ?? new Uint8Array(0);
    try {
      const { inputs, outputs, otherOutputs } = walkOnnx(bytes);
      if (otherOutputs.length > 0) throw noTensor(entry, otherOutputs[0]);
      const graph = readGraph(bytes);
      const signature = { inputs: [...inputs, ...graph.optional], outputs };
      const names = outputs.map(({ name }) => name);
      const plan = makePlan(graph, signature, await operatorsFor(graph.nodes.map(({ op }) => op)));
      const constants = new Set<unknown>(plan.constants.map(({ data }) => data));
      let rows: RowsRelation | undefined;
      return {
        signature,
        // Few models that run in the page's own thread need it, and it takes as long as the rest.
        get rows() {
          return (rows ??= relateRows(bytes));
        },
        threads: 1,
        run: async (feeds, wanted = names) =>
          own(
            attempt(() => plan.run(feeds, wanted)),
            constants,
            Object.values(feeds),
          ),
        dispose: () => Promise.resolve(),
      };
    } catch (cause) {
      throw (
        notRead(cause) ??
        asPerigeeError(cause) ??
        new PerigeeError(
          'WRONG_CONTENT',
          `"${entry}" (${bytes.byteLength} bytes) is not a model the instant engine can read: ` +
            `${String(cause)}`,
          { cause },
        )
      );
    }
  },
};

function noTensor(entry: string, name = ''): PerigeeError {
  return new PerigeeError(
    'UNSUPPORTED_MODEL',
    `"${entry}" has the output "${name}", which is not a ` +
      'tensor, and the instant engine takes tensors only. Use backend "wasm".',
  );
}

/** The error for a model that walkOnnx refuses, but other engines may run; null for others. */
function notRead(cause: unknown): PerigeeError | null {
  if (!(cause instanceof RegistryError) || cause.code !== 'UNSUPPORTED_MODEL') return null;
  const message = `The instant engine does not read this model: ${cause.message} Use backend "wasm".`;
  return new PerigeeError('UNSUPPORTED_MODEL', message, { cause, details: { backend: 'cpu' } });
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw cause instanceof PerigeeError
      ? cause
      : new PerigeeError(
          'INFERENCE_FAILED',
          `The instant engine could not run the model: ${String(cause)}`,
          { cause },
        );
  }
}

/** Copies outputs that share data with an input, a constant or another output. */
function own(outputs: Tensors, constants: ReadonlySet<unknown>, feeds: readonly Tensor[]): Tensors {
  const result: Record<string, Tensor> = {};
  const taken = new Set<unknown>(feeds.map(({ data }) => data));
  for (const [name, { dtype, shape, data }] of Object.entries(outputs)) {
    const isShared = taken.has(data) || constants.has(data);
    result[name] = { dtype, shape: [...shape], data: isShared ? data.slice() : data } as Tensor;
    taken.add(data);
  }
  return result;
}
