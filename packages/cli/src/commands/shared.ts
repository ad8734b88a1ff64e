import { isVersion } from '@perigee/registry';
import { CommandError } from '../command.ts';

export const DEFAULT_RELEASES = '.perigee/releases';

/** `name@version` → its parts. */
export function parseRelease(text: string): { readonly name: string; readonly version: string } {
  const at = text.lastIndexOf('@');
  const [name, version] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || !isVersion(version)) throw new CommandError(`"${text}" does not name a release; expected name@version, like digits@1.2.0.`);
  return { name, version };
}

/** An option as a property where it was given, nothing where it was not. */
export function optional<K extends string>(name: K, value: unknown): { readonly [P in K]?: string } {
  return (typeof value === 'string' ? { [name]: value } : {}) as { readonly [P in K]?: string };
}
