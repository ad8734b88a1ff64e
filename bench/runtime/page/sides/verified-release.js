// Fetches what a first visit by name fetches: the same files, each verified by its digest. The
// metadata is only asked for digests and versions; its signatures are not checked.
import {
  decodeChunk,
  layout,
  sha256Hex,
  splitBundle,
} from '../../../../packages/registry/dist/index.js';

/** The file of a release, its manifest and its golden samples. */
export async function fetchRelease(name) {
  const manifest = await fetchManifest(name);
  const [{ files, chunks, bundles = [] }] = manifest.variants;
  const [file] = files;
  const bytes = new Uint8Array(file.sizeBytes);
  const places = placesOf(file.chunks.map((index) => chunks[index]));
  const place = async (chunk, wire) => {
    const plain = await decodeChunk(chunk, wire);
    for (const at of places.get(chunk.sha256)) bytes.set(plain, at);
  };
  const bundled = new Set(bundles.flatMap((bundle) => bundle.chunks));
  const single = chunks.filter((_, index) => !bundled.has(index));
  const [golden] = await Promise.all([
    fetchGolden(manifest),
    ...bundles.map(async (bundle) => {
      const members = bundle.chunks.map((index) => chunks[index]);
      const wires = splitBundle(members, await fetchBytes(layout.blob(bundle.sha256)));
      await Promise.all(members.map((chunk, i) => place(chunk, wires[i])));
    }),
    ...Array.from(new Map(single.map((chunk) => [chunk.sha256, chunk])).values(), async (chunk) =>
      place(chunk, await fetchBytes(layout.blob(chunk.sha256, chunk.encoding))),
    ),
  ]);
  return { manifest, golden, bytes, sha256: file.sha256 };
}

/** Offsets in the file by digest: a model may contain a chunk more than once. */
function placesOf(chunks) {
  const places = new Map();
  let at = 0;
  for (const { sha256, sizeBytes } of chunks) {
    places.set(sha256, [...(places.get(sha256) ?? []), at]);
    at += sizeBytes;
  }
  return places;
}

async function fetchManifest(name) {
  const [timestamp] = await Promise.all([layout.timestamp, layout.root(1)].map(fetchSigned));
  const snapshot = await fetchSigned(layout.snapshot(timestamp.meta['snapshot.json'].version));
  const [targets, channels] = await Promise.all(
    ['targets', 'channels'].map((role) =>
      fetchSigned(layout[role](snapshot.meta[`${role}.json`].version)),
    ),
  );
  const { stable } = (await fetchTarget(channels, layout.channelTarget(name))).channels;
  return fetchTarget(targets, layout.manifestTarget(name, stable.version));
}

async function fetchSigned(path) {
  return parsed(await fetchBytes(path)).signed;
}

async function fetchTarget({ targets }, path) {
  const { sha256 } = targets[path].hashes;
  return parsed(await verified(layout.target(path, sha256), sha256));
}

async function fetchGolden({ golden: { sha256 } }) {
  return parsed(await verified(layout.blob(sha256), sha256));
}

async function verified(path, sha256) {
  const bytes = await fetchBytes(path);
  if ((await sha256Hex(bytes)) !== sha256) throw new Error(`${path} is damaged.`);
  return bytes;
}

async function fetchBytes(path) {
  const response = await fetch(`/registry/${path}`, { credentials: 'omit' });
  if (!response.ok) throw new Error(`${path} answered ${response.status}.`);
  return new Uint8Array(await response.arrayBuffer());
}

function parsed(bytes) {
  return JSON.parse(new TextDecoder().decode(bytes));
}
