import { InvalidArgumentError } from 'commander';
import { isChannelName, isVersion, parseModelRef } from '@perigee/registry';

export const DEFAULT_RELEASES = '.perigee/releases';

export interface ReleaseName {
  readonly name: string;
  readonly version: string;
}

/** Parsers of arguments. Each returns a value, or reports the expected form (exit code 2). */

/** `name@version` → its parts. */
export function releaseName(text: string): ReleaseName {
  const at = text.lastIndexOf('@');
  const [name, version] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || !isVersion(version))
    throw new InvalidArgumentError('expected name@version, like digits@1.2.0.');
  return { name: modelName(name), version };
}

export function modelName(text: string): string {
  try {
    if (!text.includes('@')) return parseModelRef(text).name;
  } catch {
    // The error below covers this.
  }
  throw new InvalidArgumentError(
    'expected a model name of lower-case letters, digits, ".", "_" and "-", at most 64.',
  );
}

export function semanticVersion(text: string): string {
  if (!isVersion(text))
    throw new InvalidArgumentError('expected a semantic version, like 1.2.0 or 2.0.0-rc.1.');
  return text;
}

export function channelName(text: string): string {
  if (!isChannelName(text))
    throw new InvalidArgumentError('expected a channel name, like stable or canary.');
  return text;
}

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^[0-9]+$/.test(text) || value < min || value > max)
      throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}.`);
    return value;
  };
}

/** Parses `a,b` of the allowed words. The command itself handles duplicates. */
export function listOf<T extends string>(allowed: readonly T[]): (text: string) => readonly T[] {
  return (text) =>
    text.split(',').map((item) => {
      const found = allowed.find((one) => one === item.trim());
      if (found === undefined)
        throw new InvalidArgumentError(
          `expected a list of ${allowed.join(', ')}, like ${allowed.slice(0, 2).join(',')}.`,
        );
      return found;
    });
}

/** A number from 0 to 1. */
export function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError('expected a number from 0 to 1.');
  return value;
}

/** A folder on this machine. A registry behind a URL can only be read. */
export function folderPath(text: string): string {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text))
    throw new InvalidArgumentError(
      'expected a folder. Publish to a folder and let your static host serve or sync it.',
    );
  return text;
}

/** A folder on this machine or an S3 bucket. A registry behind another URL can only be read. */
export function destination(text: string): string {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text) && !text.startsWith('s3://'))
    throw new InvalidArgumentError(
      'expected a folder or s3://bucket/prefix. Publish to a folder and let your static host ' +
        'serve or sync it.',
    );
  return text;
}

/** A number from 0 to 100 with two decimals. */
export function percentage(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 100))
    throw new InvalidArgumentError('expected a number from 0 to 100.');
  return value;
}

/** A key's name, which becomes part of a file name. */
export function keyName(text: string): string {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(text))
    throw new InvalidArgumentError('expected a name of letters, digits, ".", "_" and "-".');
  return text;
}

export function listOfNames(text: string): string[] {
  return text.split(',').map((name) => keyName(name.trim()));
}

/** One of the allowed words. */
export function oneOf<T extends string>(allowed: readonly T[]): (text: string) => T {
  return (text) => {
    const found = allowed.find((one) => one === text);
    if (found === undefined) throw new InvalidArgumentError(`expected ${allowed.join(' or ')}.`);
    return found;
  };
}

/** An ISO 8601 time, returned unchanged. */
export function time(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('expected a time, like 2026-11-20T10:00:00Z or 2026-11-20.');
  return text;
}

export function webUrl(text: string): string {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text))
    throw new InvalidArgumentError('expected a URL, like http://127.0.0.1:4700');
  return text;
}
