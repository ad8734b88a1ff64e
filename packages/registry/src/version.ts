import { compareVersions, satisfies, validateStrict } from 'compare-versions';
import { RegistryError } from './error.ts';

/** Strict semantic version, e.g. `1.2.0` or `2.0.0-rc.1`. */
export function isVersion(text: string): boolean {
  return validateStrict(text);
}

/** Negative when a is older than b, by semver precedence. */
export function compareVersion(a: string, b: string): number {
  return compareVersions(a, b);
}

/** The newest of the versions in the range (`^1.2`, `1.x`, `>=1.0.0 <2.0.0`, `1.4.2`); pre-releases only when the range names one. */
export function newestInRange(versions: readonly string[], range: string): string | undefined {
  const wantsPrerelease = range.includes('-');
  return versions
    .filter((version) => (wantsPrerelease || !version.includes('-')) && inRange(version, range))
    .toSorted(compareVersions)
    .at(-1);
}

function inRange(version: string, range: string): boolean {
  if (['*', 'x', 'X'].includes(range)) return true;
  try {
    return satisfies(version, range);
  } catch (cause) {
    throw new RegistryError('INVALID_INPUT', `"${range}" is not a version range. Examples: 1.2.0, ^1.2, >=1.0.0 <2.0.0.`, { cause });
  }
}
