/** Versions and their order, as Semantic Versioning 2.0.0 defines them (https://semver.org). */

const NUMBER = '(?:0|[1-9][0-9]*)';
const WORD = '[0-9]*[A-Za-z-][0-9A-Za-z-]*';
const PRERELEASE = `(?:${NUMBER}|${WORD})(?:\\.(?:${NUMBER}|${WORD}))*`;
const BUILD = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const VERSION = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-${PRERELEASE})?(?:\\+${BUILD})?$`,
);

/**
 * Whether the text is a strict semantic version, e.g. `1.2.0` or `2.0.0-rc.1`.
 * @example
 * ```ts
 * isVersion('1.2'); // false
 * ```
 */
export function isVersion(text: string): boolean {
  return VERSION.test(text);
}

/**
 * Compares two versions by the precedence of Semantic Versioning 2.0.0, §11: negative when `a` is
 * older than `b`, positive when it is newer, else 0. Build metadata does not count.
 * @example
 * ```ts
 * compareVersion('1.0.0-rc.1', '1.0.0'); // below zero
 * ['1.10.0', '1.9.0'].sort(compareVersion); // ['1.9.0', '1.10.0']
 * ```
 */
export function compareVersion(a: string, b: string): number {
  const [left, right] = [split(a), split(b)];
  const core = compareLists(left.core, right.core);
  if (core !== 0) return core;
  // A version without a pre-release is newer than its pre-releases.
  if (!left.prerelease || !right.prerelease)
    return Number(!left.prerelease) - Number(!right.prerelease);
  return compareLists(left.prerelease, right.prerelease);
}

/**
 * Orders versions of equal precedence by their build metadata, so that the order is deterministic.
 */
export function compareBuild(a: string, b: string): number {
  return compareLists(split(a).build, split(b).build);
}

interface Parts {
  readonly core: readonly string[];
  /** Undefined for a version without pre-release. */
  readonly prerelease: readonly string[] | undefined;
  readonly build: readonly string[];
}

function split(version: string): Parts {
  const [, core = '', prerelease, build] =
    /^([^+-]*)(?:-([^+]*))?(?:\+(.*))?$/s.exec(version) ?? [];
  return {
    core: core.split('.'),
    prerelease: prerelease?.split('.'),
    build: build?.split('.') ?? [],
  };
}

/**
 * Compares identifier by identifier. If one list is the start of the other, the longer one is
 * newer.
 */
function compareLists(a: readonly string[], b: readonly string[]): number {
  for (const [i, left] of a.entries()) {
    const right = b[i];
    if (right === undefined) return 1;
    const order = compareIdentifiers(left, right);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/**
 * Numbers compare by value at any length and are below words. Words compare by their ASCII
 * characters.
 */
function compareIdentifiers(a: string, b: string): number {
  const [isNumber, isOtherNumber] = [/^[0-9]+$/.test(a), /^[0-9]+$/.test(b)];
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
  if (isNumber && a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : Number(a > b);
}
