import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  buildFirstMetadata,
  buildMetadata,
  bundleChunks,
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
  Bundle,
  ChannelFile,
  Chunk,
  Encoding,
  ExpiryDays,
  Manifest,
  ModelFile,
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

interface Release {
  readonly name?: string;
  readonly version: string;
  readonly parts: readonly Uint8Array[];
  readonly channel?: string;
  readonly entry?: string;
  readonly contract?: Contract;
  /** Chunks of the files beside the entry, by path. */
  readonly beside?: Readonly<Record<string, readonly Uint8Array[]>>;
  /** The only backends that the model runs on. */
  readonly backends?: readonly string[];
  /** Whether small chunks are in bundles, too; `wrong`: with other bytes for the first chunk. */
  readonly bundled?: true | 'wrong';
}

type NamedRelease = Release & { readonly name: string };

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
  publish(release: Release): Promise<Manifest>;
}

/** A registry in memory, with the edits that its next metadata will have. */
interface Published {
  readonly files: Map<string, Uint8Array>;
  /** The channel file of each model. */
  readonly edits: Map<string, ChannelEdit>;
  readonly targets: Record<string, Target>;
  readonly channelTargets: Record<string, Target>;
  sequence: number;
  /** The key of all roles; made when it is first used. */
  key: Promise<SigningKey> | undefined;
}

const EXPIRY: ExpiryDays = { root: 365, targets: 90, channels: 30, snapshot: 30, timestamp: 30 };

export function createRegistry(): RegistryFixture {
  const published: Published = {
    files: new Map(),
    edits: new Map(),
    targets: {},
    channelTargets: {},
    sequence: 0,
    key: undefined,
  };
  const registry: RegistryFixture = {
    files: published.files,
    async edit(name, change) {
      const { edits } = published;
      edits.set(name, change(edits.get(name) ?? { channels: {} }));
      await commit(published, name, registry.expiry);
    },
    async publish(release) {
      const { name = 'digits', version, channel = 'stable' } = release;
      const { files, edits, targets } = published;
      const manifest = await manifestOf(files, { ...release, name });
      const bytes = encode(manifest);
      const sha256 = await sha256Hex(bytes);
      const path = layout.manifestTarget(name, version);
      files.set(layout.target(path, sha256), bytes);
      targets[path] = { length: bytes.byteLength, sha256 };
      edits.set(name, {
        ...edits.get(name),
        channels: { ...edits.get(name)?.channels, [channel]: { version } },
      });
      await commit(published, name, registry.expiry);
      return manifest;
    },
  };
  return registry;
}

/** Writes the channel file of a model, and signs the present state with one key for all roles. */
async function commit(
  published: Published,
  name: string,
  expiry: ExpiryDays = EXPIRY,
): Promise<void> {
  const { files, targets, channelTargets } = published;
  const signer = await (published.key ??= createKeyPair());
  const sign: Sign = (_role, signed) => signMetadata(signed, [signer]);
  if (!files.has(layout.timestamp)) await addFirstMetadata(files, signer, sign);
  const bytes = encode({
    schema: 'perigee-channels/1',
    model: name,
    sequence: ++published.sequence,
    channels: {},
    ...published.edits.get(name),
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
  const next = await buildMetadata(
    { ...trusted, channels },
    { targets, channels: channelTargets },
    sign,
    expiry,
    new Date(),
  );
  for (const { path, bytes: signed } of next) files.set(path, signed);
}

async function addFirstMetadata(
  files: Map<string, Uint8Array>,
  { keyid, publicKey: { keytype, scheme, keyval } }: SigningKey,
  sign: Sign,
): Promise<void> {
  const role = (name: string): RoleKeys => ({ name, keyids: [keyid], threshold: 1 });
  const keys = new Map([[keyid, { keyid, keytype, scheme, public: keyval.public }]]);
  const roles = {
    root: role('root'),
    targets: role('targets'),
    snapshot: role('snapshot'),
    timestamp: role('timestamp'),
  };
  const first = await buildFirstMetadata(
    { keys, roles },
    role('channels'),
    sign,
    EXPIRY,
    new Date(),
  );
  for (const { path, bytes } of first) files.set(path, bytes);
}

/** Adds the files of a release, and returns its manifest. */
async function manifestOf(
  files: Map<string, Uint8Array>,
  release: NamedRelease,
): Promise<Manifest> {
  const { name, version, parts, entry = 'model.onnx', contract = CONTRACT, backends } = release;
  const chunks: Chunk[] = [];
  const fileOf = async (path: string, pieces: readonly Uint8Array[]): Promise<ModelFile> => {
    const first = chunks.length;
    for (const part of pieces)
      chunks.push({ ...(await addBlob(files, part)), sizeBytes: part.byteLength });
    const bytes = new Uint8Array(await new Blob(pieces as Uint8Array<ArrayBuffer>[]).arrayBuffer());
    return {
      path,
      sizeBytes: bytes.byteLength,
      sha256: await sha256Hex(bytes),
      chunks: pieces.map((_, i) => first + i),
    };
  };
  const modelFiles = [await fileOf(entry, parts)];
  for (const [path, pieces] of Object.entries(release.beside ?? {}))
    modelFiles.push(await fileOf(path, pieces));
  const bundles = release.bundled && (await addBundles(files, chunks, release.bundled));
  const golden = encode(contract.golden);
  const goldenSha256 = await sha256Hex(golden);
  files.set(layout.blob(goldenSha256, 'identity'), golden);
  return {
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
        ...(bundles && { bundles }),
        files: modelFiles,
      },
    ],
    golden: {
      sha256: goldenSha256,
      sizeBytes: golden.byteLength,
      tolerance: { default: { atol: 1e-3, rtol: 1e-3 } },
    },
  };
}

async function addBundles(
  files: Map<string, Uint8Array>,
  chunks: readonly Chunk[],
  how: true | 'wrong',
): Promise<Bundle[]> {
  const bundles = await bundleChunks(chunks, (chunk) => {
    const wire = files.get(layout.blob(chunk.sha256, chunk.encoding)) as Uint8Array;
    return how === 'wrong' && chunk === chunks[0] ? wire.toReversed() : wire;
  });
  for (const { bundle, bytes } of bundles) files.set(layout.blob(bundle.sha256), bytes);
  return bundles.map(({ bundle }) => bundle);
}

async function addBlob(
  files: Map<string, Uint8Array>,
  bytes: Uint8Array,
): Promise<{ sha256: Sha256; encoding: Encoding; wireBytes: number }> {
  const sha256 = await sha256Hex(bytes);
  const { encoding, wire } = await encodeChunk(bytes);
  files.set(layout.blob(sha256, encoding), wire);
  return { sha256, encoding, wireBytes: wire.byteLength };
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
