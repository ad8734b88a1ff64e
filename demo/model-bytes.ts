import { readFileSync } from 'node:fs';
import { cutOnnxFile, encodeChunk, encodeDelta, sha256Hex } from '@perigee/registry';
import type { Plugin } from 'vite';

const ID = 'virtual:model-bytes';
const [BEFORE, AFTER] = ['1.1.0', '1.1.1'] as const;

/**
 * Gives the page the size of an update, computed from two real versions of the digits model as
 * `perigee publish` does it: chunks that a device has are not fetched, others as a delta if that is
 * smaller.
 */
export function modelBytes(): Plugin {
  return {
    name: 'demo:model-bytes',
    resolveId: (id) => (id === ID ? `\0${ID}` : undefined),
    async load(id) {
      if (id !== `\0${ID}`) return undefined;
      return `export default ${JSON.stringify(await updateBytes())};`;
    },
  };
}

async function updateBytes(): Promise<{ full: number; delta: number }> {
  const [before, after] = [await chunksOf(BEFORE), await chunksOf(AFTER)];
  const here = new Set(before.map(({ sha256 }) => sha256));
  const bases = new Map(before.map((chunk) => [chunk.place, chunk]));
  let [full, delta] = [0, 0];
  for (const { place, bytes, width, sha256, wireBytes } of after) {
    full += wireBytes;
    if (here.has(sha256)) continue;
    const base = bases.get(place);
    const fits = base?.bytes.byteLength === bytes.byteLength;
    const change = base && fits ? await encodeDelta(base.bytes, bytes, width) : undefined;
    delta += Math.min(wireBytes, change?.byteLength ?? wireBytes);
  }
  return { full, delta };
}

/** The chunks of a version's model, and its golden samples and reference as one chunk each. */
async function chunksOf(version: string) {
  const read = (name: string): Uint8Array =>
    readFileSync(new URL(`../models/digits/versions/${version}/${name}`, import.meta.url));
  const model = read('model.onnx');
  const pieces = [
    ...cutOnnxFile(model).map(({ start, end, tensor }) => ({
      place: tensor ? `${tensor.name} ${tensor.offset}` : `graph ${start}`,
      bytes: model.subarray(start, end),
      width: tensor?.width ?? (1 as const),
    })),
    ...['golden.json', 'reference.json'].map((name) => ({
      place: name,
      bytes: read(name),
      width: 1 as const,
    })),
  ];
  return Promise.all(
    pieces.map(async (piece) => ({
      ...piece,
      sha256: await sha256Hex(piece.bytes),
      wireBytes: (await encodeChunk(piece.bytes, piece.width)).wire.byteLength,
    })),
  );
}
