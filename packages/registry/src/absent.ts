/**
 * Files that a registry may lack: roots after the first, which clients ask for until there is no next one, and
 * indexes of deltas. `path` is relative to the registry's base URL.
 */
export function mayBeAbsent(path: string): boolean {
  return /^metadata\/(?!1\.)\d+\.root\.json$/.test(path) || /^deltas\/[^/]+\.json$/.test(path);
}

/**
 * Whether an HTTP status says that a host does not have a file. S3 without `s3:ListBucket`, and CloudFront in front of
 * it, answer 403 for absent files. Elsewhere 403 is a refusal, so it counts only for files that may be absent: for a
 * host that refuses everything, the next file that must be there tells the fault.
 */
export function isAbsent(path: string, status: number): boolean {
  return status === 404 || status === 410 || (status === 403 && mayBeAbsent(path));
}
