import { sha256Hex } from '../chunks/hash.ts';
import { RegistryError } from '../error.ts';
import { layout } from '../layout.ts';
import { LIMITS } from '../manifest/limits.ts';
import { parseMetaRole, parseTargetsRole } from './parse-role.ts';
import type { RegistryState } from './build-metadata.ts';
import type { FileMeta, MetaRole } from './role.ts';

/** Reads one object of the registry by its path; at most `maxBytes` of it. */
export type FetchBytes = (path: string, maxBytes: number) => Promise<Uint8Array>;

/**
 * The current state of a registry, followed from its timestamp down; every file but the timestamp must have the length, digest and
 * version its parent lists (TUF 1.0 §5.4–5.6 without signatures).
 * @throws RegistryError INTEGRITY, INVALID_MANIFEST, and what `fetchBytes` throws
 */
export async function refreshMetadata(fetchBytes: FetchBytes): Promise<RegistryState> {
  const timestamp = parseMetaRole(await fetchBytes(layout.timestamp, LIMITS.timestampBytes), 'timestamp');
  const snapshotMeta = listed(timestamp, 'snapshot.json');
  const snapshot = parseMetaRole(await checked(fetchBytes, layout.snapshot(snapshotMeta.version), snapshotMeta), 'snapshot');
  const [targetsMeta, channelsMeta] = [listed(snapshot, 'targets.json'), listed(snapshot, 'channels.json')];
  const [targets, channels] = await Promise.all([
    checked(fetchBytes, layout.targets(targetsMeta.version), targetsMeta).then(parseTargetsRole),
    checked(fetchBytes, layout.channels(channelsMeta.version), channelsMeta).then(parseTargetsRole),
  ]);
  for (const [{ version }, meta, name] of [[snapshot, snapshotMeta, 'snapshot'], [targets, targetsMeta, 'targets'], [channels, channelsMeta, 'channels']] as const) {
    if (version !== meta.version) throw new RegistryError('INTEGRITY', `The ${name} metadata says version ${version}, its parent ${meta.version}.`);
  }
  return { version: timestamp.version, targets: targets.targets, channels: channels.targets };
}

function listed(role: MetaRole, file: string): FileMeta {
  const meta = role.meta[file];
  if (!meta) throw new RegistryError('INVALID_MANIFEST', `The ${role.type} metadata does not list ${file}.`);
  return meta;
}

async function checked(fetchBytes: FetchBytes, path: string, meta: FileMeta): Promise<Uint8Array> {
  const bytes = await fetchBytes(path, meta.length);
  const digest = await sha256Hex(bytes);
  if (bytes.byteLength !== meta.length || digest !== meta.hashes.sha256) {
    throw new RegistryError('INTEGRITY', `${path} has ${bytes.byteLength} bytes and digest ${digest}; its parent lists ${meta.length} and ${meta.hashes.sha256}.`, { details: { path } });
  }
  return bytes;
}
