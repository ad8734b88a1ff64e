import { LIMITS } from '../manifest/limits.ts';
import { reader } from '../manifest/reader.ts';
import type { Reader } from '../manifest/reader.ts';
import { parseJson } from '../manifest/safe-json.ts';
import type { MetaRole, TargetsRole } from './role.ts';

/** @throws RegistryError INVALID_MANIFEST */
export function parseMetaRole(bytes: Uint8Array, type: 'timestamp' | 'snapshot'): MetaRole {
  const signed = signedPart(bytes, type);
  const meta = signed.field('meta').entries(64, (item) => ({
    version: item.field('version').integer(1, Number.MAX_SAFE_INTEGER),
    length: item.field('length').integer(1, LIMITS.metadataBytes),
    hashes: { sha256: item.field('hashes').field('sha256').sha256() },
  }));
  return { type, version: versionOf(signed), meta: Object.fromEntries(meta) };
}

/** @throws RegistryError INVALID_MANIFEST */
export function parseTargetsRole(bytes: Uint8Array): TargetsRole {
  const signed = signedPart(bytes, 'targets');
  const targets = signed.field('targets').entries(LIMITS.targets, (item, path) => {
    if (path.split('/').some((part) => part === '' || part === '.' || part === '..') || path.includes('\\')) item.fail('a target path without ".." or empty parts');
    return { length: item.field('length').integer(1, LIMITS.manifestBytes), sha256: item.field('hashes').field('sha256').sha256() };
  });
  return { type: 'targets', version: versionOf(signed), targets: Object.fromEntries(targets) };
}

function signedPart(bytes: Uint8Array, type: string): Reader {
  const signed = reader(parseJson(bytes, `${type} metadata`, LIMITS.metadataBytes)).field('signed');
  signed.field('_type').oneOf([type]);
  return signed;
}

function versionOf(signed: Reader): number {
  return signed.field('version').integer(1, Number.MAX_SAFE_INTEGER);
}
