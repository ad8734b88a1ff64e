import { RegistryError } from './error.ts';
import { compareVersion } from './semver.ts';

/** One bound of a range, with a full version. */
interface Comparator {
  readonly op: '>=' | '>' | '<=' | '<' | '=';
  readonly version: string;
}

/**
 * A version that may lack its last parts: `1`, `1.2`, `1.x`. All parts from the first free one on
 * are null.
 */
interface Partial {
  readonly parts: readonly [number | null, number | null, number | null];
  /** Includes its dash; '' without one. */
  readonly prerelease: string;
}

const PART = '(0|[1-9][0-9]{0,14}|[xX*])';
const PARTIAL = new RegExp(
  `^(\\^|~|>=|<=|>|<|=)?${PART}(?:\\.${PART}(?:\\.${PART}(-[0-9A-Za-z.-]+)?(?:\\+[0-9A-Za-z.-]+)?)?)?$`,
);

/**
 * Parses a range with npm's syntax (https://docs.npmjs.com/cli/v11/using-npm/semver): `1.2.0`, `1`
 * and `1.x`, `^1.2`, `~1.2.3`, `>=1.0.0 <2.0.0`, `1.0.0 - 1.9`, `^1 || ^2`. A pre-release is in a
 * range only if the range names a pre-release of the same major.minor.patch.
 * @throws RegistryError INVALID_INPUT
 */
export function parseRange(range: string): (version: string) => boolean {
  const alternatives = range.split('||').map((part) => comparators(part.trim(), range));
  return (version) =>
    alternatives.some(
      (bounds) =>
        allowsPrerelease(bounds, version) && bounds.every((bound) => holds(bound, version)),
    );
}

function comparators(text: string, range: string): Comparator[] {
  const hyphen = /^(\S+) +- +(\S+)$/.exec(text);
  const tokens = hyphen
    ? [`>=${hyphen[1]}`, `<=${hyphen[2]}`]
    : text.replaceAll(/([\^~<>=]+) +/g, '$1').split(/ +/);
  return tokens.flatMap((token) => {
    const match = PARTIAL.exec(token);
    if (!match)
      throw new RegistryError(
        'INVALID_INPUT',
        `"${range.slice(0, 200)}" is not a version range. Examples: 1.2.0, ^1.2, >=1.0.0 <2.0.0.`,
      );
    const [, op = '', major, minor, patch, prerelease = ''] = match;
    const parts = [part(major), part(minor), part(patch)] as const;
    const known = parts.indexOf(null);
    return bounds(op, {
      parts: known < 0 ? parts : [parts[0], known < 2 ? null : parts[1], null],
      prerelease,
    });
  });
}

function part(text: string | undefined): number | null {
  return text === undefined || !/^[0-9]/.test(text) ? null : Number(text);
}

/**
 * Rewrites each operator as plain bounds: `^1.2` → `>=1.2.0 <2.0.0-0`. The `-0` excludes
 * pre-releases of the next version.
 */
function bounds(op: string, partial: Partial): Comparator[] {
  const [major, minor, patch] = partial.parts;
  if (major === null) return op === '<' || op === '>' ? [{ op: '<', version: '0.0.0-0' }] : [];
  const full = patch !== null;
  const low = `${major}.${minor ?? 0}.${patch ?? 0}${partial.prerelease}`;
  // The first version above all that a shortened version covers.
  const behind = minor === null ? `${major + 1}.0.0` : `${major}.${minor + 1}.0`;
  const from: Comparator = { op: '>=', version: low };
  const below = (version: string): Comparator => ({ op: '<', version: `${version}-0` });
  switch (op) {
    case '^':
      return [
        from,
        below(
          major > 0 || minor === null
            ? `${major + 1}.0.0`
            : minor > 0 || patch === null
              ? `0.${minor + 1}.0`
              : `0.0.${patch + 1}`,
        ),
      ];
    case '~':
      return [from, below(behind)];
    case '>':
      return [full ? { op: '>', version: low } : { op: '>=', version: behind }];
    case '>=':
      return [from];
    case '<':
      return [full ? { op: '<', version: low } : below(low)];
    case '<=':
      return [full ? { op: '<=', version: low } : below(behind)];
    default:
      return full ? [{ op: '=', version: low }] : [from, below(behind)];
  }
}

function allowsPrerelease(list: readonly Comparator[], version: string): boolean {
  const [core = '', prerelease] = split(version);
  if (prerelease === undefined) return true;
  return list.some((bound) => {
    const [ownCore, ownPrerelease] = split(bound.version);
    return ownPrerelease !== undefined && ownCore === core;
  });
}

/**
 * Splits into major.minor.patch and the pre-release (undefined without one). Build metadata is
 * dropped.
 */
function split(version: string): [string, string | undefined] {
  const match = /^([0-9.]+)(?:-([^+]+))?/.exec(version);
  return [match?.[1] ?? '', match?.[2]];
}

function holds({ op, version: bound }: Comparator, version: string): boolean {
  const order = compareVersion(version, bound);
  switch (op) {
    case '>=':
      return order >= 0;
    case '>':
      return order > 0;
    case '<=':
      return order <= 0;
    case '<':
      return order < 0;
    case '=':
      return order === 0;
  }
}
