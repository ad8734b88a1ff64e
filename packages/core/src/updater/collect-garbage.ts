import type { ModelStore } from '../store/store.ts';

/**
 * Deletes objects no version needs, and versions nothing points to. Mark and sweep: doing it twice, or being killed in it, harms nothing.
 * @param keep versions just installed, which no pointer names yet
 */
export async function collectGarbage(store: ModelStore, keep: readonly { readonly model: string; readonly version: string }[] = []): Promise<void> {
  const versions = await store.listVersions();
  // A bad version's record is kept without its objects: it is what keeps it from being tried again.
  const live = versions.filter((record) => record.state === 'active' || record.state === 'previous' || keep.some(({ model, version }) => model === record.model && version === record.version));
  for (const record of versions) {
    if (record.state === 'verified' && !live.includes(record)) await store.deleteVersion(record.model, record.version, record.variant);
  }
  const staging = versions.filter(({ state }) => state === 'staging');
  const needed = new Set([...live, ...staging].flatMap(({ objects }) => objects));
  const unused = (await store.listObjects()).map(({ sha256 }) => sha256).filter((sha256) => !needed.has(sha256));
  if (unused.length > 0) await store.deleteObjects(unused);
}
