import {
  decodeChunk,
  decodeDelta,
  layout,
  parseDeltaIndex,
  RegistryError,
  sha256Hex,
} from '@perigee/registry';
import type { Chunk, DeltaIndex, Manifest, Sha256 } from '@perigee/registry';
import { isPage } from './check-headers.ts';
import type { Findings } from './findings.ts';
import type { ReadHost } from '../publish/read-host.ts';

/** A release and the digest of its manifest in the metadata. */
export interface Listed {
  readonly manifest: Manifest;
  readonly sha256: Sha256;
}

interface Delta {
  readonly path: string;
  readonly to: Sha256;
  readonly wireBytes: number;
  readonly release: string;
}

const AT_ONCE = 8;
const MEND =
  'Devices fetch the whole chunk instead. Sync the folder completely, or publish the version ' +
  'again from an intact release.';

/**
 * Applies every delta to its base, as a device does, and checks the digest of the result. A release
 * without an index has no deltas.
 * @param get reads and counts a file
 * @param read reads without counting; the bases were checked before
 */
export async function checkDeltas(
  releases: readonly Listed[],
  get: ReadHost,
  read: ReadHost,
  findings: Findings,
): Promise<void> {
  const chunks = new Map(
    releases
      .flatMap(({ manifest }) => manifest.variants.flatMap((variant) => variant.chunks))
      .map((chunk) => [chunk.sha256, chunk]),
  );
  const byBase = new Map<Sha256, Map<string, Delta>>();
  for (const {
    manifest: { name, version },
    sha256,
  } of releases) {
    for (const [to, bases] of (await readIndex(
      layout.deltaIndex(sha256),
      `${name}@${version}`,
      get,
      findings,
    )) ?? []) {
      for (const [base, wireBytes] of bases) {
        const path = layout.delta(to, base);
        byBase.set(
          base,
          (byBase.get(base) ?? new Map<string, Delta>()).set(path, {
            path,
            to,
            wireBytes,
            release: `${name}@${version}`,
          }),
        );
      }
    }
  }
  const queue = [...byBase];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const [base, deltas] = next;
        const chunk = chunks.get(base);
        const bytes = chunk && (await readChunk(chunk, read));
        for (const delta of deltas.values()) {
          if (!chunk)
            findings.warn(
              delta.path,
              `is made of chunk ${base}, which no published version has: no device can use ` +
                `it (${delta.release}).`,
            );
          // A bad base was reported before.
          else if (bytes) await checkDelta(delta, bytes, get, findings);
        }
      }
    }),
  );
}

async function readIndex(
  path: string,
  release: string,
  get: ReadHost,
  findings: Findings,
): Promise<DeltaIndex | undefined> {
  const { status, bytes } = await get(path);
  // A page in its place was reported by the check of missing files.
  if (status !== 200 || isPage(bytes)) return undefined;
  try {
    return parseDeltaIndex(bytes);
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    return void findings.error(
      path,
      `the index of the deltas of ${release} cannot be read: ${error.message} ${MEND}`,
    );
  }
}

async function checkDelta(
  { path, to, wireBytes, release }: Delta,
  base: Uint8Array,
  get: ReadHost,
  findings: Findings,
): Promise<void> {
  const { status, bytes } = await get(path);
  // Report each one, because the pattern of bad deltas shows the cause.
  if (status !== 200)
    return findings.error(
      path,
      `answers ${status}; the index of ${release} lists it for ${to}. ${MEND}`,
    );
  if (bytes.byteLength > wireBytes)
    return findings.error(
      path,
      `has ${bytes.byteLength} bytes, the index of ${release} lists ${wireBytes} for ${to}: ` +
        `devices read no further. ${MEND}`,
    );
  const made = await decodeDelta(base, bytes).catch((error: unknown) => {
    if (!(error instanceof RegistryError)) throw error;
  });
  if (!made || (await sha256Hex(made)) !== to)
    findings.error(
      path,
      `does not make ${to} of its base, as the index of ${release} says: it is damaged. ${MEND}`,
    );
}

async function readChunk(chunk: Chunk, read: ReadHost): Promise<Uint8Array | undefined> {
  const { status, bytes } = await read(layout.blob(chunk.sha256, chunk.encoding));
  return status === 200 ? decodeChunk(chunk, bytes).catch(() => undefined) : undefined;
}
