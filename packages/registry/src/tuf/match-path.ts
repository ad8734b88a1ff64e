import { sha256Hex } from '../chunks/hash.ts';
import type { DelegatedRole } from './metadata.ts';

/**
 * Whether a target path is delegated to a role: by its patterns, or by the first digits of the
 * path's SHA-256.
 */
export async function isDelegated(
  { paths, pathHashPrefixes }: DelegatedRole,
  path: string,
): Promise<boolean> {
  if (paths) return paths.some((pattern) => matchesPattern(path, pattern));
  const hash = await sha256Hex(new TextEncoder().encode(path));
  return (pathHashPrefixes ?? []).some((prefix) => hash.startsWith(prefix.toLowerCase()));
}

/**
 * Matches a PATHPATTERN (TUF 1.0 §4.5): `*`, `?`, `[abc]`, `[a-z]` and `[!abc]` as in a Unix shell.
 * No wildcard matches a `/`. Matching is case-sensitive.
 */
export function matchesPattern(path: string, pattern: string): boolean {
  const [names, globs] = [path.split('/'), pattern.split('/')];
  return (
    names.length === globs.length &&
    globs.every((glob, index) => matchesName([...(names[index] ?? '')], [...glob]))
  );
}

/**
 * Backtracks only to the last `*`, so that no pattern takes more than length × length steps. A
 * regular expression might take more.
 */
function matchesName(name: readonly string[], glob: readonly string[]): boolean {
  let [n, g, star, resume] = [0, 0, -1, 0];
  while (n < name.length) {
    if (glob[g] === '*') {
      [star, resume] = [g, n];
      g += 1;
      continue;
    }
    const next = matchOne(name[n] ?? '', glob, g);
    if (next > 0) {
      g = next;
      n += 1;
    } else if (star >= 0) {
      // Extend the star's match by one character.
      resume += 1;
      [g, n] = [star + 1, resume];
    } else return false;
  }
  return glob.slice(g).every((rest) => rest === '*');
}

/** Index of the next part of the glob if the part at `g` matches the character, else 0. */
function matchOne(character: string, glob: readonly string[], g: number): number {
  const part = glob[g];
  if (part === undefined) return 0;
  if (part === '?') return g + 1;
  if (part !== '[') return part === character ? g + 1 : 0;
  const negated = glob[g + 1] === '!';
  const first = g + (negated ? 2 : 1);
  // A `]` at the start of the set is a literal.
  const end = glob.indexOf(']', first + 1);
  if (end < 0) return character === '[' ? g + 1 : 0;
  return inSet(character, glob.slice(first, end)) === negated ? 0 : end + 1;
}

function inSet(character: string, set: readonly string[]): boolean {
  const code = character.codePointAt(0) ?? -1;
  for (let i = 0; i < set.length; i += 1) {
    const [from, to] = [set[i]?.codePointAt(0) ?? -1, set[i + 2]?.codePointAt(0)];
    if (set[i + 1] !== '-' || to === undefined) {
      if (from === code) return true;
      continue;
    }
    if (from <= code && code <= to) return true;
    i += 2;
  }
  return false;
}
