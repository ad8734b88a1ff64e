/**
 * Whether a registry may lack this file. Clients ask for the next root until there is none, and a
 * version may have no index of deltas.
 * @param path relative to the registry's base URL
 * @example
 * ```ts
 * mayBeAbsent('metadata/2.root.json'); // true
 * mayBeAbsent('metadata/1.root.json'); // false
 * ```
 */
export function mayBeAbsent(path: string): boolean {
  return /^metadata\/(?!1\.)\d+\.root\.json$/.test(path) || /^deltas\/[^/]+\.json$/.test(path);
}

/**
 * Whether an HTTP status means that the host does not have the file. S3 without `s3:ListBucket`,
 * and CloudFront in front of it, answer 403 for absent files. Other hosts answer 403 to refuse a
 * request. Therefore 403 counts only for files that may be absent: if the host refuses everything,
 * the next required file reports the fault.
 * @param path relative to the registry's base URL
 * @example
 * ```ts
 * isAbsent('deltas/0f3a….json', 403); // true
 * isAbsent('metadata/timestamp.json', 403); // false
 * ```
 */
export function isAbsent(path: string, status: number): boolean {
  return status === 404 || status === 410 || (status === 403 && mayBeAbsent(path));
}
