import { InvalidArgumentError } from 'commander';

/** Folder of packed releases, unless a command is given another one. */
export const DEFAULT_RELEASES = '.perigee/releases';

const HAS_SCHEME = /^[a-z][a-z0-9+.-]+:\/\//i;

/** A folder on this machine. A registry behind a URL can only be read. */
export function folderPath(text: string): string {
  if (HAS_SCHEME.test(text))
    throw new InvalidArgumentError(
      'expected a folder. Publish to a folder and let your static host serve or sync it.',
    );
  return text;
}

/** A folder on this machine or an S3 bucket. A registry behind another URL can only be read. */
export function destination(text: string): string {
  if (HAS_SCHEME.test(text) && !text.startsWith('s3://'))
    throw new InvalidArgumentError(
      'expected a folder or s3://bucket/prefix. Publish to a folder and let your static host ' +
        'serve or sync it.',
    );
  return text;
}

export function webUrl(text: string): string {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text))
    throw new InvalidArgumentError('expected a URL, like http://127.0.0.1:4700');
  return text;
}
