import { parseRange } from './range.ts';
import { compareBuild, compareVersion, isVersion } from './semver.ts';

/**
 * The newest of the versions in the range; undefined when none is. Text that is no version is passed
 * over. A whole version, such as `1.2.0-3f2a9c1` or `1.2.0+build.5`, means that one version: of two
 * versions that differ in their build metadata alone, it takes the one it names.
 * @throws RegistryError INVALID_INPUT when `range` is none
 */
export function newestInRange(versions: readonly string[], range: string): string | undefined {
  if (isVersion(range)) return versions.find((version) => version === range);
  const inRange = parseRange(range);
  return versions
    .filter((version) => isVersion(version) && inRange(version))
    .toSorted((a, b) => compareVersion(a, b) || compareBuild(a, b))
    .at(-1);
}
