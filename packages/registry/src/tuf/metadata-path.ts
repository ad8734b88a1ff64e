/**
 * Where a metadata file is, relative to the metadata folder, ready for a URL. A role's name may hold anything; all but letters, digits and `_.-~`
 * is percent-encoded, so that it neither leaves the folder nor becomes a query.
 * @param version prefixed under consistent snapshots; root always has one, timestamp never
 */
export function metadataPath(role: string, version?: number): string {
  const file = `${encodeURIComponent(role).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)}.json`;
  return version === undefined ? file : `${version}.${file}`;
}
