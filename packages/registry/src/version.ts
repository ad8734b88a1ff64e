import { parseRange } from './range.ts';
import { compareBuild, compareVersion, isVersion } from './semver.ts';

/**
 * The newest of the versions in the range; undefined when there is none. Text that is not a version
 * is skipped. A full version as range, such as `1.2.0-3f2a9c1` or `1.2.0+build.5`, matches only
 * that exact version, including its build metadata.
 * @throws RegistryError INVALID_INPUT when `range` is not a range
 * @example
 * ```ts
 * newestInRange(['1.1.0', '1.2.0', '2.0.0'], '^1'); // '1.2.0'
 * ```
 */
export function newestInRange(versions: readonly string[], range: string): string | undefined {
  if (isVersion(range)) return versions.find((version) => version === range);
  const inRange = parseRange(range);
  return versions
    .filter((version) => isVersion(version) && inRange(version))
    .toSorted((a, b) => compareVersion(a, b) || compareBuild(a, b))
    .at(-1);
}
