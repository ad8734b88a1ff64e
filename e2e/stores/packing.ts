// A store in the origin private file system that packs one file after the other into one piece, to
// be killed meanwhile, and the check of its state afterwards.
import { sha256Hex } from '@perigee/registry';
import { createIndexedDbStore } from '../../packages/core/src/store/indexeddb.ts';

const NAME = 'killed';
const CHUNKS = 8;
const CHUNK_BYTES = 1024 * 1024;
const LATER_MS = 2 * 3_600_000;

export interface AfterKill {
  readonly objects: number;
  /** Objects and files whose bytes are missing or do not match their digests. */
  readonly torn: number;
  readonly wholeFiles: number;
  /** Files that no record names, before and after the clean-up of leftovers. */
  readonly leftovers: readonly [before: number, after: number];
}

const open = () => createIndexedDbStore(NAME, async () => 'opfs');

/**
 * Every round has other chunks. The chunks of the round before are deleted, and none of the new
 * ones exists yet.
 */
async function contentOf(round: number) {
  const bytes = new Uint8Array(CHUNKS * CHUNK_BYTES).map((_, i) => (i * 7 + (i >> 12)) % 251);
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
    new DataView(bytes.buffer).setUint32(at, round);
  const objects = await Promise.all(
    Array.from({ length: CHUNKS }, async (_, i) => {
      const part = bytes.slice(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES);
      return { sha256: await sha256Hex(part), bytes: part, sizeBytes: part.byteLength };
    }),
  );
  return { file: await sha256Hex(bytes), objects };
}

/** @param onRound called before each file */
export async function packOverAndOver(onRound: (round: number) => void): Promise<never> {
  const store = open();
  for (let round = 0; ; round += 1) {
    const { file, objects } = await contentOf(round);
    await store.putObjects(objects);
    onRound(round);
    await store.packFile(file, objects);
    if (round > 0)
      await store.deleteObjects((await contentOf(round - 1)).objects.map(({ sha256 }) => sha256));
  }
}

/** @param rounds number of rounds that were begun */
export async function check(rounds: number): Promise<AfterKill> {
  const store = open();
  const listed = (await store.listObjects()).map(({ sha256 }) => sha256);
  let torn = 0;
  for (const sha256 of listed) {
    const [bytes] = await store.getObjects([sha256]);
    if (!bytes || (await sha256Hex(bytes)) !== sha256) torn += 1;
  }
  let wholeFiles = 0;
  for (let round = 0; round < rounds; round += 1) {
    const { file, objects } = await contentOf(round);
    const bytes = await store.getFile(file, objects);
    if (!bytes) continue;
    wholeFiles += 1;
    if ((await sha256Hex(bytes)) !== file) torn += 1;
  }
  const before = await files();
  const now = Date.now;
  Date.now = () => now() + LATER_MS;
  await store.listObjects();
  Date.now = now;
  const after = await files();
  return {
    objects: listed.length,
    torn,
    wholeFiles,
    leftovers: [before - wholeFiles, after - wholeFiles],
  };
}

async function files(): Promise<number> {
  let count = 0;
  for await (const _ of (
    await (await navigator.storage.getDirectory()).getDirectoryHandle(NAME, { create: true })
  ).keys())
    count += 1;
  return count;
}
