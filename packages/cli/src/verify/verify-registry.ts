import { layout, listVersions, modelNames, stateOf } from '@perigee/registry';
import type { Manifest, RegistryState, Sha256 } from '@perigee/registry';
import { CommandError } from '../command.ts';
import { openHost } from '../publish/read-host.ts';
import type { ReadHost } from '../publish/read-host.ts';
import { checkAbsent } from './check-absent.ts';
import { checkDeltas } from './check-deltas.ts';
import type { Listed } from './check-deltas.ts';
import { checkHeaders } from './check-headers.ts';
import { checkDates, readMetadata } from './check-metadata.ts';
import { checkObjects } from './check-objects.ts';
import { checkChannelFiles, readManifests } from './check-targets.ts';
import { compareCopies } from './compare-copies.ts';
import { createFindings } from './findings.ts';
import type { Finding, Findings } from './findings.ts';

export interface VerifyOptions {
  /** Trusted root. Default: the registry's own first root, which does not prove its origin. */
  readonly root?: Uint8Array;
  /** Origin of the app that reads the registry. */
  readonly origin: string;
  readonly now?: Date;
  /** Other places with copies of the registry. */
  readonly copies?: readonly string[];
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Verification {
  readonly findings: readonly Finding[];
  readonly files: number;
  readonly bytes: number;
  readonly models: readonly { readonly name: string; readonly versions: readonly string[] }[];
}

/**
 * Reads everything that a device could read, in the same way, and reports faults of the registry or
 * its host.
 * @throws CommandError when there is no registry
 */
export async function verifyRegistry(
  base: string,
  { root, origin, now = new Date(), copies = [], onProgress = () => undefined }: VerifyOptions,
): Promise<Verification> {
  const read = openHost(base, origin);
  const findings = createFindings();
  const counts = { files: 0, bytes: 0 };
  const get = countingReader(read, origin, findings, counts);

  const first = await get(layout.root(1));
  if (first.status !== 200)
    throw new CommandError(
      `${base} is not a registry: ${layout.root(1)} answered ${first.status}. Check the address.`,
    );
  const trusted = await readMetadata(root ?? first.bytes, get, findings);
  if (!trusted) return { findings: findings.all(), ...counts, models: [] };
  checkDates(trusted, now, base, findings);
  await checkAbsent(read, trusted, findings);

  const state = await stateOf(trusted);
  const manifests = await readManifests(state, get, findings);
  await checkChannelFiles(state, get, findings);
  await checkObjects([...manifests.values()], get, findings, onProgress);
  await checkDeltas(listed(manifests, state), get, read, findings);
  if (copies.length > 0) await compareCopies(base, copies, findings);
  return { findings: findings.all(), ...counts, models: modelsOf(state) };
}

/** Reads files, counts them and checks their headers. */
function countingReader(
  read: ReadHost,
  origin: string,
  findings: Findings,
  counts: { files: number; bytes: number },
): ReadHost {
  return async (path) => {
    const answer = await read(path);
    if (answer.status === 200) {
      counts.files += 1;
      counts.bytes += answer.bytes.byteLength;
      checkHeaders(path, answer, origin, findings);
    }
    return answer;
  };
}

/** The manifests with their digests. */
function listed(manifests: ReadonlyMap<string, Manifest>, { targets }: RegistryState): Listed[] {
  return [...manifests].flatMap(([path, manifest]) => {
    const target = targets[path];
    return target ? [{ manifest, sha256: target.sha256 as Sha256 }] : [];
  });
}

function modelsOf(state: RegistryState): Verification['models'] {
  return modelNames(state).map((name) => ({
    name,
    versions: [...listVersions(state, name).keys()],
  }));
}
