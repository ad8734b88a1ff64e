import { decodeChunk } from '@perigee/registry';
import type { Manifest } from '@perigee/registry';
import type { ReadHost } from '../publish/read-host.ts';
import { objectsOf } from '../publish/release-folder.ts';
import type { StoredObject } from '../publish/release-folder.ts';
import type { Findings } from './findings.ts';

/** Number of objects that are read at once. */
const AT_ONCE = 8;

/** Reads every object that the manifests list, and checks its digest and size. */
export async function checkObjects(
  manifests: readonly Manifest[],
  get: ReadHost,
  findings: Findings,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const all = manifests.flatMap(objectsOf);
  const objects = [...new Map(all.map((object) => [object.path, object])).values()];
  const queue = [...objects];
  let done = 0;
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      await checkObject(next, get, findings);
      onProgress(++done, objects.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function checkObject(
  { path, chunk }: StoredObject,
  get: ReadHost,
  findings: Findings,
): Promise<void> {
  const { status, bytes } = await get(path);
  if (status !== 200)
    return findings.error(
      path,
      `answers ${status}; a manifest lists it. Publish again, or sync the folder completely.`,
    );
  const isIntact = await decodeChunk(chunk, bytes).then(
    () => true,
    () => false,
  );
  if (!isIntact)
    return findings.error(
      path,
      'does not have the digest that its manifest lists: something changes files on their way, ' +
        'or the copy is damaged. Publish again.',
    );
  if (bytes.byteLength !== chunk.wireBytes)
    findings.warn(
      path,
      `comes inflated (${bytes.byteLength} bytes instead of ${chunk.wireBytes}): the host sends ` +
        'it with Content-Encoding. It works, but costs more. Turn that off for blobs/.',
    );
}
