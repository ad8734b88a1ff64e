import { sha256Hex } from '../chunks/hash.ts';
import { layout } from '../layout.ts';
import type { FileMeta, Target } from './role.ts';

/** What a registry lists: manifests, and the channel file of each model. */
export interface RegistryState {
  /** Version of the metadata this follows; 0 for a new registry. Every role takes the next one. */
  readonly version: number;
  readonly targets: Readonly<Record<string, Target>>;
  readonly channels: Readonly<Record<string, Target>>;
}

/**
 * The metadata files of the next state, in the order in which they must be written: a reader that sees one sees all it refers to, and the
 * timestamp, the only file that is replaced, comes last.
 */
export async function buildMetadata(state: RegistryState): Promise<{ path: string; bytes: Uint8Array }[]> {
  const version = state.version + 1;
  const targets = encode('targets', version, { targets: listed(state.targets) });
  const channels = encode('targets', version, { targets: listed(state.channels) });
  const snapshot = encode('snapshot', version, { meta: { 'channels.json': await meta(version, channels), 'targets.json': await meta(version, targets) } });
  const timestamp = encode('timestamp', version, { meta: { 'snapshot.json': await meta(version, snapshot) } });
  return [
    { path: layout.targets(version), bytes: targets },
    { path: layout.channels(version), bytes: channels },
    { path: layout.snapshot(version), bytes: snapshot },
    { path: layout.timestamp, bytes: timestamp },
  ];
}

function encode(type: string, version: number, rest: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ signatures: [], signed: { _type: type, spec_version: '1.0.31', version, ...rest } }, null, 1)}\n`);
}

function listed(targets: Readonly<Record<string, Target>>): object {
  const sorted = Object.entries(targets).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([path, { length, sha256 }]) => [path, { length, hashes: { sha256 } }]));
}

async function meta(version: number, bytes: Uint8Array): Promise<FileMeta> {
  return { version, length: bytes.byteLength, hashes: { sha256: await sha256Hex(bytes) } };
}
