import { parseReference, referenceId } from '@perigee/profile';
import type { ReferenceProfile } from '@perigee/profile';
import { parseManifest } from '@perigee/registry';
import type { ModelStore } from '../store/store.ts';

/**
 * The reference of a version, which gives its profiles their shape and their names. Undefined if
 * the version is not on this device or has no reference.
 */
export async function referenceOf(
  store: ModelStore,
  { model, version }: { readonly model: string; readonly version: string },
): Promise<{ readonly id: string; readonly profile: ReferenceProfile } | undefined> {
  const record = (await store.listVersions(model)).find((one) => one.version === version);
  const reference = record && parseManifest(record.manifest).reference;
  const [bytes] = reference ? await store.getObjects([reference.sha256]) : [];
  return bytes && { id: await referenceId(bytes), profile: parseReference(bytes) };
}
