import { PerigeeError } from '../error.ts';

/**
 * Checks the path of a file that a model names (external data, a weight shard). It must be relative
 * to the model's own folder and stay inside it. A leading "./" is dropped.
 * @throws PerigeeError UNSUPPORTED_MODEL for any other path
 */
export function companionPath(path: string): string {
  const parts = path.split('/');
  while (parts.length > 1 && parts[0] === '.') parts.shift();
  if (parts.some((part) => !isName(part)) || isDrive(parts[0] ?? '')) {
    throw new PerigeeError(
      'UNSUPPORTED_MODEL',
      `The model names the file ${JSON.stringify(path)}. Only files in the model's own ` +
        'folder, or in folders below it, are read. Save the model again with its data beside ' +
        'it.',
      { details: { path } },
    );
  }
  return parts.join('/');
}

/**
 * The URL of a file that a model names. The query of the model's URL is kept, because in a signed
 * URL the query gives access to the folder.
 * @param base the URL of the model file
 * @throws PerigeeError UNSUPPORTED_MODEL when the path or what it resolves to is outside the folder
 */
export function companionUrl(base: string, path: string): string {
  const folder = new URL('.', base);
  const encoded = companionPath(path).split('/').map(encodeURIComponent).join('/');
  const url = new URL(`./${encoded}`, base);
  // Check the parsed URL again, because URL parsers treat some paths in unexpected ways.
  if (
    url.origin !== folder.origin ||
    url.host !== folder.host ||
    !url.pathname.startsWith(folder.pathname)
  ) {
    throw new PerigeeError(
      'UNSUPPORTED_MODEL',
      `The model names the file ${JSON.stringify(path)}, which is not in its own folder.`,
      { details: { path } },
    );
  }
  url.search = new URL(base).search;
  return url.href;
}

/** Whether a part of a path is a plain name, without backslashes and control characters. */
function isName(part: string): boolean {
  if (part === '' || part === '.' || part === '..' || part.includes('\\')) return false;
  for (const char of part) if (char < ' ' || char === '\u007f') return false;
  return true;
}

/** Whether a part of a path is a drive such as "C:", or a URL's scheme. */
function isDrive(part: string): boolean {
  return part.includes(':');
}
