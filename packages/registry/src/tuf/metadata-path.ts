/**
 * Path of a metadata file relative to the metadata folder, ready for a URL. A role's name may hold
 * any character. All but letters, digits and `_.-~` are percent-encoded, so that the path neither
 * leaves the folder nor becomes a query.
 * @param version the prefix under consistent snapshots; root always has one, timestamp never
 */
export function metadataPath(role: string, version?: number): string {
  const file = `${encodeURIComponent(role).replaceAll(/[!'()*]/g, percentEncode)}.json`;
  return version === undefined ? file : `${version}.${file}`;
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
