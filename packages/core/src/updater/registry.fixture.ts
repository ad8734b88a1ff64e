import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  buildFirstMetadata,
  buildMetadata,
  channelsRole,
  createKeyPair,
  encodeChunk,
  layout,
  memoryTrust,
  refreshTrusted,
  sha256Hex,
  signMetadata,
} from '@perigee/registry';
import type {
  ChannelFile,
  Chunk,
  Encoding,
  ExpiryDays,
  Manifest,
  DelegatedRole,
  RoleKeys,
  Sha256,
  Sign,
  Signature,
  SigningKey,
  Target,
} from '@perigee/registry';
import { seededRandom } from '@perigee/profile/analysis';
import { onTestFinished } from 'vitest';

const GOLDEN = {
  schema: 'perigee-golden/1',
  samples: [
    {
      id: 'one',
      feeds: { x: { dtype: 'float32', shape: [1], data: [1] } },
      outputs: { y: { dtype: 'float32', shape: [1], data: [2] } },
    },
  ],
};

type ChannelEdit = Pick<ChannelFile, 'channels' | 'floor' | 'revoked' | 'experiments'>;

/** The parts of a manifest that a model needs to be opened. */
interface Contract {
  readonly signature: Signature;
  readonly golden: object;
}

const CONTRACT: Contract = {
  signature: {
    inputs: [{ name: 'x', dtype: 'float32', shape: [1] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: [1] }],
  },
  golden: GOLDEN,
};

/** A real registry by path, as `perigee publish` writes it. */
export interface RegistryFixture {
  readonly files: Map<string, Uint8Array>;
  /** Days until the metadata that is signed next expires. */
  expiry?: ExpiryDays;
  /** Changes a model's channel file: rollouts, floors, revocations. */
  edit(name: string, change: (before: ChannelEdit) => ChannelEdit): Promise<void>;
  /**
   * Uses `parts` as the model file's chunks, adds golden samples, and points the channel (default
   * "stable") to the version.
   */
  publish(release: {
    readonly name?: string;
    readonly version: string;
    readonly parts: readonly Uint8Array[];
    readonly channel?: string;
    readonly entry?: string;
    readonly contract?: Contract;
    /** The only backends that the model runs on. */
    readonly backends?: readonly string[];
  }): Promise<Manifest>;
}

export function createRegistry(): RegistryFixture {
  const files = new Map<string, Uint8Array>();
  const edits = new Map<string, ChannelEdit>();
  const targets: Record<string, Target> = {};
  const channelTargets: Record<string, Target> = {};
  let sequence = 0;
  let key: Promise<SigningKey> | undefined;
  const expiry = { root: 365, targets: 90, channels: 30, snapshot: 30, timestamp: 30 };

  /** Signs the present state of the registry, with one key for all roles. */
  async function commit(name: string): Promise<void> {
    const signer = await (key ??= createKeyPair());
    const sign: Sign = (_role, signed) => signMetadata(signed, [signer]);
    const role = (roleName: string): RoleKeys => ({
      name: roleName,
      keyids: [signer.keyid],
      threshold: 1,
    });
    const { keytype, scheme, keyval } = signer.publicKey;
    const keys = new Map([
      [signer.keyid, { keyid: signer.keyid, keytype, scheme, public: keyval.public }],
    ]);
    if (!files.has(layout.timestamp)) {
      const roles = {
        root: role('root'),
        targets: role('targets'),
        snapshot: role('snapshot'),
        timestamp: role('timestamp'),
      };
      for (const { path, bytes } of await buildFirstMetadata(
        { keys, roles },
        role('channels'),
        sign,
        expiry,
        new Date(),
      ))
        files.set(path, bytes);
    }
    const bytes = encode({
      schema: 'perigee-channels/1',
      model: name,
      sequence: ++sequence,
      channels: {},
      ...edits.get(name),
    });
    const sha256 = await sha256Hex(bytes);
    files.set(layout.target(layout.channelTarget(name), sha256), bytes);
    channelTargets[layout.channelTarget(name)] = { length: bytes.byteLength, sha256 };
    const trusted = await refreshTrusted({
      trust: memoryTrust(files.get(layout.root(1)) as Uint8Array),
      fetch: async (file) => files.get(layout.metadata(file)),
      now: new Date(0),
    });
    const channels = await trusted.delegated(
      channelsRole(trusted.targets) as DelegatedRole,
      trusted.targets,
    );
    for (const { path, bytes: next } of await buildMetadata(
      { ...trusted, channels },
      { targets, channels: channelTargets },
      sign,
      registry.expiry ?? expiry,
      new Date(),
    ))
      files.set(path, next);
  }

  async function addBlob(
    bytes: Uint8Array,
    plain: boolean,
  ): Promise<{ sha256: Sha256; encoding: Encoding; wireBytes: number }> {
    const sha256 = await sha256Hex(bytes);
    const { encoding, wire } = plain
      ? { encoding: 'identity' as const, wire: bytes }
      : await encodeChunk(bytes);
    files.set(layout.blob(sha256, encoding), wire);
    return { sha256, encoding, wireBytes: wire.byteLength };
  }

  const registry: RegistryFixture = {
    files,
    async edit(name, change) {
      edits.set(name, change(edits.get(name) ?? { channels: {} }));
      await commit(name);
    },
    async publish({
      name = 'digits',
      version,
      parts,
      channel = 'stable',
      entry = 'model.onnx',
      contract = CONTRACT,
      backends,
    }) {
      const chunks: Chunk[] = [];
      for (const part of parts)
        chunks.push({ ...(await addBlob(part, false)), sizeBytes: part.byteLength });
      const whole = new Uint8Array(
        await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer(),
      );
      const golden = encode(contract.golden);
      const manifest: Manifest = {
        schema: 'perigee-model/1',
        name,
        version,
        signature: contract.signature,
        variants: [
          {
            id: 'fp32',
            engine: entry.endsWith('.json') ? 'tfjs' : 'onnx',
            dtype: 'float32',
            entry,
            ...(backends && { requires: { backends } }),
            chunks,
            files: [
              {
                path: entry,
                sizeBytes: whole.byteLength,
                sha256: await sha256Hex(whole),
                chunks: parts.map((_, i) => i),
              },
            ],
          },
        ],
        golden: {
          sha256: (await addBlob(golden, true)).sha256,
          sizeBytes: golden.byteLength,
          tolerance: { default: { atol: 1e-3, rtol: 1e-3 } },
        },
      };
      const manifestBytes = encode(manifest);
      const sha256 = await sha256Hex(manifestBytes);
      const path = layout.manifestTarget(name, version);
      files.set(layout.target(path, sha256), manifestBytes);
      targets[path] = { length: manifestBytes.byteLength, sha256 };
      edits.set(name, {
        ...edits.get(name),
        channels: { ...edits.get(name)?.channels, [channel]: { version } },
      });
      await commit(name);
      return manifest;
    },
  };
  return registry;
}

export interface ServedRegistry {
  readonly url: string;
  /** Requested paths, in order; clear it between parts of a test. */
  readonly requests: string[];
}

/** Answers a request and returns true, or returns false to leave it to the registry. */
export type Intercept = (
  path: string,
  response: ServerResponse,
  request: IncomingMessage,
) => boolean;

/** Serves a registry on the loopback interface until the test ends. */
export async function serve(
  { files }: RegistryFixture,
  intercept: Intercept = () => false,
): Promise<ServedRegistry> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '').replace('/registry/', '');
    requests.push(path);
    if (intercept(path, response, request)) return;
    const bytes = files.get(path);
    response
      .writeHead(bytes ? 200 : 404, { 'content-type': 'application/octet-stream' })
      .end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/registry/`, requests };
}

/** Returns incompressible bytes, the same for the same seed. */
export function noise(seed: number, size = 10_000): Uint8Array {
  const random = seededRandom(seed);
  return Uint8Array.from({ length: size }, () => random() * 256);
}

function encode(document: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document));
}
