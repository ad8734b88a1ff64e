import { compareVersions, validateStrict } from 'compare-versions';
import { parseRange } from './range.ts';

/** Strict semantic version, e.g. `1.2.0` or `2.0.0-rc.1`. */
export function isVersion(text: string): boolean {
  return validateStrict(text);
}

/** Negative when a is older than b, by semver precedence. */
export function compareVersion(a: string, b: string): number {
  return compareVersions(a, b);
}

/**
 * The newest of the versions in the range; undefined when none is. Text that is no version is passed over.
 * @throws RegistryError INVALID_INPUT when `range` is none
 */
export function newestInRange(versions: readonly string[], range: string): string | undefined {
  const inRange = parseRange(range);
  return versions
    .filter((version) => isVersion(version) && inRange(version))
    .toSorted(compareVersions)
    .at(-1);
}
