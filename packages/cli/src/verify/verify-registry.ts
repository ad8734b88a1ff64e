import {
  blockedBy,
  decodeChunk,
  isAbsent,
  layout,
  listVersions,
  memoryTrust,
  parseChannelFile,
  parseChannelTarget,
  parseManifest,
  parseManifestTarget,
  refreshTrusted,
  RegistryError,
  sha256Hex,
  stateOf,
} from '@perigee/registry';
import type {
  ChannelFile,
  Manifest,
  RegistryState,
  Sha256,
  TrustedMetadata,
} from '@perigee/registry';
import { CommandError } from '../command.ts';
import { isUnsigned } from '../publish/registry.ts';
import type { RoleName } from '../publish/registry.ts';
import { WARN_DAYS } from '../publish/warn-days.ts';
import { checkDeltas } from './check-deltas.ts';
import { checkHeaders, isPage } from './check-headers.ts';
import { compareCopies } from './compare-copies.ts';
import { createFindings } from './findings.ts';
import type { Finding } from './findings.ts';
import { openHost } from '../publish/read-host.ts';
import type { HostAnswer } from '../publish/read-host.ts';

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

const AT_ONCE = 8;

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
  let files = 0;
  let bytes = 0;
  const get = async (path: string): Promise<HostAnswer> => {
    const answer = await read(path);
    if (answer.status === 200) {
      files += 1;
      bytes += answer.bytes.byteLength;
      checkHeaders(path, answer, origin, findings);
    }
    return answer;
  };

  const first = await get(layout.root(1));
  if (first.status !== 200)
    throw new CommandError(
      `${base} is no registry: ${layout.root(1)} answered ${first.status}. Check the address.`,
    );
  const trusted = await readMetadata(root ?? first.bytes, get, findings);
  if (!trusted) return { findings: findings.all(), files, bytes, models: [] };
  checkDates(trusted, now, base, findings);
  const state = await stateOf(trusted);
  await checkMissing(read, trusted, findings);

  const manifests = new Map<string, Manifest>();
  for (const [path, target] of Object.entries(state.targets)) {
    const document = await targetOf(path, target, get, findings);
    const parsed = document && attempt(path, () => parseManifest(document), findings);
    if (parsed) manifests.set(path, parsed);
  }
  const names = [
    ...new Set([
      ...Object.keys(state.targets).map((path) => parseManifestTarget(path)?.name),
      ...Object.keys(state.channels).map(parseChannelTarget),
    ]),
  ].filter((name) => name !== undefined);
  for (const [path, target] of Object.entries(state.channels)) {
    const document = await targetOf(path, target, get, findings);
    const file = document && attempt(path, () => parseChannelFile(document), findings);
    if (file) checkChannels(path, file, state, findings);
  }
  await checkObjects([...manifests.values()], get, findings, onProgress);
  await checkDeltas(
    [...manifests].flatMap(([path, manifest]) =>
      state.targets[path] ? [{ manifest, sha256: state.targets[path].sha256 as Sha256 }] : [],
    ),
    get,
    read,
    findings,
  );
  if (copies.length > 0) await compareCopies(base, copies, findings);
  return {
    findings: findings.all(),
    files,
    bytes,
    models: names.map((name) => ({ name, versions: [...listVersions(state, name).keys()] })),
  };
}

type Findings = ReturnType<typeof createFindings>;
type Get = (path: string) => Promise<HostAnswer>;

/**
 * Reads the metadata. Undefined if the chain does not verify; everything below it is then
 * meaningless.
 */
async function readMetadata(
  root: Uint8Array,
  get: Get,
  findings: Findings,
): Promise<TrustedMetadata | undefined> {
  try {
    // Dates are checked separately, so that an expired registry is checked completely.
    return await refreshTrusted({
      trust: memoryTrust(root),
      now: new Date(0),
      async fetch(file) {
        const path = layout.metadata(file);
        const { status, bytes } = await get(path);
        if (status !== 200 && !isAbsent(path, status))
          findings.error(
            path,
            `answers ${status}; devices cannot read it. Check the rights and the health of ` +
              'the host.',
          );
        return status === 200 && !isPage(bytes) ? bytes : undefined;
      },
    });
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    const remedy = isUnsigned(error)
      ? ' If a rotation of keys was killed, this completes it: perigee resign'
      : '';
    findings.error('metadata', `${error.code}: ${error.message}${remedy}`);
    return undefined;
  }
}

function checkDates(
  { root, timestamp, snapshot, targets }: TrustedMetadata,
  now: Date,
  base: string,
  findings: Findings,
): void {
  const to = /^https?:/.test(base) ? '<registry>' : base;
  for (const [role, { expires }] of Object.entries({ root, timestamp, snapshot, targets }) as [
    RoleName,
    { expires: Date },
  ][]) {
    const left = Math.ceil((expires.getTime() - now.getTime()) / 86_400_000);
    const resign = `perigee resign --to ${to}`;
    const remedy =
      role === 'root' || role === 'targets'
        ? `Sign it anew with the ${role} key: ${resign} --keys <folder with the ${role} key>`
        : `Sign it anew: ${resign}`;
    if (left <= 0)
      findings.error(
        `metadata/${role}`,
        `expired on ${expires.toISOString()}: devices keep what they have and take nothing new. ` +
          `${remedy}`,
      );
    else if (left <= WARN_DAYS[role])
      findings.warn(
        `metadata/${role}`,
        `expires in ${left} days, on ${expires.toISOString()}. ${remedy}`,
      );
  }
}

const FORBIDDEN_FOR_ABSENT =
  'a file that is not there answers 403; expected 404. Devices take it for absent, and ' +
  'cannot tell it from a refusal. On S3 and CloudFront, allow s3:ListBucket on the bucket: ' +
  'then they answer 404.';

/**
 * Checks the answer for missing files. Devices ask for the next root and for deltas, which may not
 * exist.
 */
async function checkMissing(
  read: Get,
  { root }: TrustedMetadata,
  findings: Findings,
): Promise<void> {
  for (const path of [layout.root(root.version + 1), `blobs/sha256/00/${'0'.repeat(64)}`]) {
    const { status, bytes } = await read(path);
    if (status === 200)
      findings.error(
        path,
        'a file that is not there answers 200 with ' +
          `${isPage(bytes) ? 'a page (a fallback for single-page apps)' : `${bytes.byteLength} bytes`}; ` +
          `expected 404. Leave the registry's folder out of the fallback.`,
      );
    else if (status === 403) findings.warn(path, FORBIDDEN_FOR_ABSENT);
    else if (status !== 404 && status !== 410)
      findings.warn(path, `a file that is not there answers ${status}; expected 404.`);
  }
}

async function targetOf(
  path: string,
  { length, sha256 }: RegistryState['targets'][string],
  get: Get,
  findings: Findings,
): Promise<Uint8Array | undefined> {
  const place = layout.target(path, sha256);
  const { status, bytes } = await get(place);
  if (status !== 200)
    return void findings.error(
      place,
      `answers ${status}; the metadata lists it. Publish again, or sync the folder completely.`,
    );
  if (bytes.byteLength !== length || (await sha256Hex(bytes)) !== sha256)
    return void findings.error(
      place,
      `is not what the metadata lists (${bytes.byteLength} bytes for ${length}, or another ` +
        'digest). Something changes files on their way: a proxy, a minifier, line endings.',
    );
  return bytes;
}

function checkChannels(
  path: string,
  file: ChannelFile,
  state: RegistryState,
  findings: Findings,
): void {
  const versions = listVersions(state, file.model);
  for (const [channel, { version, rollout }] of Object.entries(file.channels)) {
    for (const named of rollout ? [version, rollout.version] : [version]) {
      if (!versions.has(named))
        findings.error(
          path,
          `channel "${channel}" names ${named}, which is not published. Promote another version.`,
        );
    }
    const blocked = blockedBy(file, version);
    if (blocked !== null)
      findings.error(
        path,
        `channel "${channel}" names ${version}, which no device may run: ${blocked}. Roll it back.`,
      );
  }
  if (
    versions.size > 0 &&
    [...versions.keys()].every((version) => blockedBy(file, version) !== null)
  )
    findings.error(
      path,
      `every version of ${file.model} is revoked or below the floor: devices have nothing to run.`,
    );
}

async function checkObjects(
  manifests: readonly Manifest[],
  get: Get,
  findings: Findings,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const whole = manifests.flatMap(({ golden, reference, card }) =>
    [golden, reference, card].flatMap((ref) =>
      ref
        ? [
            {
              sha256: ref.sha256,
              sizeBytes: ref.sizeBytes,
              encoding: 'identity' as const,
              wireBytes: ref.sizeBytes,
            },
          ]
        : [],
    ),
  );
  const objects = [
    ...new Map(
      [
        ...manifests.flatMap(({ variants }) => variants.flatMap(({ chunks }) => chunks)),
        ...whole,
      ].map((chunk) => [layout.blob(chunk.sha256 as Sha256, chunk.encoding), chunk]),
    ).entries(),
  ];
  const queue = [...objects];
  let done = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const [path, chunk] = next;
        const { status, bytes } = await get(path);
        if (status !== 200)
          findings.error(
            path,
            `answers ${status}; a manifest lists it. Publish again, or sync the folder completely.`,
          );
        else if (
          !(await decodeChunk(chunk, bytes).then(
            () => true,
            () => false,
          ))
        )
          findings.error(
            path,
            'does not have the digest its manifest lists: something changes files on their ' +
              'way, or the copy is damaged. Publish again.',
          );
        else if (bytes.byteLength !== chunk.wireBytes)
          findings.warn(
            path,
            `comes inflated (${bytes.byteLength} bytes for ${chunk.wireBytes}): the host ` +
              'sends it with Content-Encoding. It works, and costs more. Turn that off for ' +
              'blobs/.',
          );
        onProgress(++done, objects.length);
      }
    }),
  );
}

function attempt<T>(path: string, parse: () => T, findings: Findings): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    return void findings.error(path, error.message);
  }
}
