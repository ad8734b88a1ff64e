import { difference } from './compare.mjs';
import { readModelIo } from './model-io.mjs';
import { readTensorProto } from './tensor-proto.mjs';

/**
 * Runs one case on one side: opens the model, runs every data set, compares every expected output.
 * @param open (model) → { run(feeds) → tensors by name, close() }
 * @param read (path) → bytes
 * @returns {Promise<{ status: 'passed' | 'wrong' | 'refused' | 'unreadable', reason?: string,
 *   code?: string }>}
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
    const reason = (error instanceof Error ? error.message : String(error))
      .replaceAll(/\s+/g, ' ')
      .slice(0, 400);
    return session === undefined && error instanceof UnreadableData
      ? { status: 'unreadable', reason }
      : { status: 'refused', reason, ...(error?.code && { code: String(error.code) }) };
  } finally {
    await session?.close().catch(() => undefined);
  }
}

class UnreadableData extends Error {}

/** Files are matched to inputs by position, as ONNX's runner does. */
async function readAll(paths, values, read) {
  const tensors = {};
  for (const [index, path] of paths.entries()) {
    try {
      const { name, ...tensor } = readTensorProto(await read(path));
      tensors[values[index]?.name ?? name] = tensor;
    } catch (error) {
      throw new UnreadableData(`${path.split(/[/\\]/).pop()}: ${error.message}`, { cause: error });
    }
  }
  return tensors;
}
