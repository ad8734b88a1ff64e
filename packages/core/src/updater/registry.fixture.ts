import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildMetadata, encodeChunk, layout, refreshMetadata, sha256Hex } from '@perigee/registry';
import type { Chunk, Encoding, Manifest, RegistryState, Sha256 } from '@perigee/registry';
import { onTestFinished } from 'vitest';

const GOLDEN = { schema: 'perigee-golden/1', samples: [{ id: 'one', feeds: { x: { dtype: 'float32', shape: [1], data: [1] } }, outputs: { y: { dtype: 'float32', shape: [1], data: [2] } } }] };

/** A real registry, path → bytes, as `perigee publish` writes it. */
export interface RegistryFixture {
  readonly files: Map<string, Uint8Array>;
  /** Cuts `parts` as the model file's chunks, adds golden samples, points the channel (default "stable") to it. */
  publish(release: { readonly name?: string; readonly version: string; readonly parts: readonly Uint8Array[]; readonly channel?: string }): Promise<Manifest>;
}

export function createRegistry(): RegistryFixture {
  const files = new Map<string, Uint8Array>();
  const channels: Record<string, Record<string, { version: string }>> = {};

  async function addBlob(bytes: Uint8Array, plain: boolean): Promise<{ sha256: Sha256; encoding: Encoding; wireBytes: number }> {
    const sha256 = await sha256Hex(bytes);
    const { encoding, wire } = plain ? { encoding: 'identity' as const, wire: bytes } : await encodeChunk(bytes);
    files.set(layout.blob(sha256, encoding), wire);
    return { sha256, encoding, wireBytes: wire.byteLength };
  }

  return {
    files,
    async publish({ name = 'digits', version, parts, channel = 'stable' }) {
      const chunks: Chunk[] = [];
      for (const part of parts) chunks.push({ ...(await addBlob(part, false)), sizeBytes: part.byteLength });
      const whole = new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
      const golden = encode(GOLDEN);
      const manifest: Manifest = {
        schema: 'perigee-model/1',
        name,
        version,
        signature: { inputs: [{ name: 'x', dtype: 'float32', shape: [1] }], outputs: [{ name: 'y', dtype: 'float32', shape: [1] }] },
        variants: [{ id: 'fp32', engine: 'onnx', dtype: 'float32', entry: 'model.onnx', chunks, files: [{ path: 'model.onnx', sizeBytes: whole.byteLength, sha256: await sha256Hex(whole), chunks: parts.map((_, i) => i) }] }],
        golden: { sha256: (await addBlob(golden, true)).sha256, sizeBytes: golden.byteLength, tolerance: { default: { atol: 1e-3, rtol: 1e-3 } } },
      };
      const state: RegistryState = files.has(layout.timestamp) ? await refreshMetadata(async (path) => files.get(path) ?? new Uint8Array()) : { version: 0, targets: {}, channels: {} };
      const manifestBytes = encode(manifest);
      const target = layout.manifestTarget(name, version, await sha256Hex(manifestBytes));
      const names = (channels[name] = { ...channels[name], [channel]: { version } });
      const channelBytes = encode({ schema: 'perigee-channels/1', model: name, sequence: state.version + 1, channels: names });
      const channelTarget = layout.channelTarget(name, await sha256Hex(channelBytes));
      files.set(layout.target(target), manifestBytes);
      files.set(layout.target(channelTarget), channelBytes);
      const others = Object.entries(state.channels).filter(([path]) => !path.endsWith(`.${name}.json`));
      const next = {
        ...state,
        targets: { ...state.targets, [target]: { length: manifestBytes.byteLength, sha256: await sha256Hex(manifestBytes) } },
        channels: { ...Object.fromEntries(others), [channelTarget]: { length: channelBytes.byteLength, sha256: await sha256Hex(channelBytes) } },
      };
      for (const { path, bytes } of await buildMetadata(next)) files.set(path, bytes);
      return manifest;
    },
  };
}

export interface ServedRegistry {
  readonly url: string;
  /** Paths asked for, in order; clear it between parts of a test. */
  readonly requests: string[];
}

/** Answers a request itself and returns true, or leaves it to the registry. */
export type Intercept = (path: string, response: ServerResponse, request: IncomingMessage) => boolean;

/** Serves a registry on the loopback interface until the test ends. */
export async function serve({ files }: RegistryFixture, intercept: Intercept = () => false): Promise<ServedRegistry> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '').replace('/registry/', '');
    requests.push(path);
    if (intercept(path, response, request)) return;
    const bytes = files.get(path);
    response.writeHead(bytes ? 200 : 404, { 'content-type': 'application/octet-stream' }).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/registry/`, requests };
}

/** Bytes no compressor makes smaller, the same for the same seed. */
export function noise(seed: number, size = 10_000): Uint8Array {
  let state = seed * 2_654_435_761 + 1;
  return Uint8Array.from({ length: size }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

function encode(document: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document));
}
