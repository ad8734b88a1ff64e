import { CommandError } from '../../command.ts';

export interface BucketUrl {
  readonly bucket: string;
  /** Empty, or segments that each end in `/`. */
  readonly prefix: string;
}

/**
 * Parses `s3://bucket/some/prefix`, with or without the last slash. The prefix is not URL-decoded.
 * @throws CommandError for other text; the message does not repeat it, because users paste keys
 * into URLs
 */
export function parseBucketUrl(url: string): BucketUrl {
  const [, bucket = '', rest = ''] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s.exec(url) ?? [];
  if (bucket === '')
    throw new CommandError(
      'This is not the URL of a bucket. Write s3://bucket or s3://bucket/prefix; keys and ' +
        'endpoint come from AWS_… variables.',
    );
  const segments = rest.replace(/\/$/, '').split('/');
  if (segments.length === 1 && segments[0] === '') return { bucket, prefix: '' };
  // Only the characters that S3 calls safe. Others reach browsers in a registry's URLs, and servers
  // disagree on their encoding.
  const fault = segments.find(
    (segment) => !/^[A-Za-z0-9!_.*'()-]+$/.test(segment) || /^\.\.?$/.test(segment),
  );
  if (fault !== undefined)
    throw new CommandError(
      `The prefix in bucket ${bucket} may have letters, digits and !-_.*'() between single ` +
        'slashes, and no "." or ".." part.',
    );
  return { bucket, prefix: `${segments.join('/')}/` };
}
