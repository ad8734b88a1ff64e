import { difference } from './compare.mjs';
import { readModelIo } from './model-io.mjs';
import { readTensorProto } from './tensor-proto.mjs';

/** @typedef {(path: string) => Uint8Array | Promise<Uint8Array>} Read */

/**
 * Runs one case on one side: opens the model, runs every data set, compares every expected output.
 * @param {Pick<import('./types.d.ts').TestCase, 'model' | 'sets'>} item
 * @param {import('./types.d.ts').Open} open
 * @param {Read} read
 * @returns {Promise<import('./types.d.ts').SideResult>}
 */
export async function evaluate({ model, sets }, open, read) {
  let session;
  try {
    const io = readModelIo(await read(model));
    const tests = [];
    for (const { inputs, outputs } of sets)
      tests.push({
        inputs: await readAll(inputs, io.inputs, read),
        outputs: await readAll(outputs, io.outputs, read),
      });
    session = await open(model);
    for (const { inputs, outputs } of tests) {
      const answers = await session.run(inputs);
      for (const [name, expected] of Object.entries(outputs)) {
        const why = difference(answers[name], expected);
        if (why) return { status: 'wrong', reason: `output "${name}": ${why}` };
      }
    }
    return { status: 'passed' };
  } catch (error) {
    // UnreadableData before the session exists comes from the tests' own reader. Any other error is
    // a refusal by the runtime.
    const reason = messageOf(error).replaceAll(/\s+/g, ' ').slice(0, 400);
    return session === undefined && error instanceof UnreadableData
      ? { status: 'unreadable', reason }
      : { status: 'refused', reason, ...codeOf(error) };
  } finally {
    await session?.close().catch(() => undefined);
  }
}

class UnreadableData extends Error {}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? { code: String(error.code) } : {};
}

/** @param {string} path */
function nameOf(path) {
  return path.split(/[/\\]/).pop();
}

/**
 * Files are matched to inputs by position, as ONNX's runner does.
 * @param {readonly string[]} paths
 * @param {readonly { name: string }[]} values
 * @param {Read} read
 */
async function readAll(paths, values, read) {
  /** @type {Record<string, import('./types.d.ts').TestTensor>} */
  const tensors = {};
  for (const [index, path] of paths.entries()) {
    try {
      const { name, ...tensor } = readTensorProto(await read(path));
      tensors[values[index]?.name ?? name] = tensor;
    } catch (error) {
      throw new UnreadableData(`${nameOf(path)}: ${messageOf(error)}`, { cause: error });
    }
  }
  return tensors;
}
