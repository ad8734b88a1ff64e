import { makeFeeds, modelNamed } from '../../../models/catalog.mjs';
import { openSide } from '../sides/index.js';

/**
 * Opens a side and uses it. It stays open while memory is measured. Bytes as the browser counts
 * them, by kind.
 */
export async function memory({ model: name, side: sideName, calls }) {
  const model = modelNamed(name);
  const feeds = makeFeeds(model);
  if (sideName) {
    const side = await openSide(
      sideName,
      { name, url: `/models/${name}.onnx`, threads: 1, output: model.output },
      feeds,
    );
    for (let i = 0; i < calls; i += 1) await side.run(feeds);
    globalThis.keptOpen = side;
  }
  return performance.measureUserAgentSpecificMemory
    ? (await performance.measureUserAgentSpecificMemory()).bytes
    : null;
}
