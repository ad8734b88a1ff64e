import { InvalidArgumentError } from 'commander';
import { isChannelName, isVersion, parseModelRef } from '@perigee/registry';

export interface ReleaseName {
  readonly name: string;
  readonly version: string;
}

/** Parses `name@version`. */
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

/** A key's name, which becomes part of a file name. */
export function keyName(text: string): string {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(text))
    throw new InvalidArgumentError('expected a name of letters, digits, ".", "_" and "-".');
  return text;
}

/** Parses names of keys, separated by commas. */
export function keyNameList(text: string): string[] {
  return text.split(',').map((name) => keyName(name.trim()));
}
