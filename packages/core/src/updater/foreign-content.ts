const SNIFF_BYTES = 256;
/** Describes an HTML page and its likely cause. */
export const HTML_PAGE =
  'an HTML page: the host sends its index or a login page for files it does not have. ' +
  "Check the registry's base URL";
/** Matches a tag, a comment or a document type. */
const MARKUP = /^<(!doctype html|!--|[a-z][a-z0-9-]*[\s/>])/;

/**
 * Describes bytes that should have been an object of a registry, with the likely cause; undefined
 * when they look like no known wrong content. Call it only after a check failed: a model may look
 * like anything.
 */
export function foreignContent(bytes: Uint8Array): string | undefined {
  const start = new TextDecoder().decode(bytes.subarray(0, SNIFF_BYTES)).trimStart().toLowerCase();
  if (start.startsWith('version https://git-lfs'))
    return (
      'a Git LFS pointer: the repository was copied without its large files. Run "git lfs ' +
      'pull" before publishing'
    );
  if (start.startsWith('<?xml') || start.startsWith('<error'))
    return (
      'an XML document, most likely an error of the storage service. Check that the object ' +
      'exists and may be read by everyone'
    );
  if (MARKUP.test(start)) return HTML_PAGE;
  return undefined;
}
