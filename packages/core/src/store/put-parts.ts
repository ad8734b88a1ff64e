import type { ObjectStore, SizedObject } from './store.ts';

/** Bytes to read and write at once. */
const GROUP_BYTES = 4 * 1024 * 1024;

/** Stores a file as its objects, in a store that keeps no whole files. */
export async function putParts(
  put: ObjectStore['putObjects'],
  chunks: readonly SizedObject[],
  whole: Blob,
): Promise<void> {
  let group: { sha256: SizedObject['sha256']; bytes: Uint8Array }[] = [];
  let groupBytes = 0;
  let offset = 0;
  for (const { sha256, sizeBytes } of chunks) {
    const part = whole.slice(offset, (offset += sizeBytes));
    group.push({ sha256, bytes: new Uint8Array(await part.arrayBuffer()) });
    groupBytes += sizeBytes;
    if (groupBytes < GROUP_BYTES) continue;
    await put(group);
    [group, groupBytes] = [[], 0];
  }
  await put(group);
}
