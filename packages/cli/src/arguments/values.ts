import { InvalidArgumentError } from 'commander';

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^[0-9]+$/.test(text) || value < min || value > max)
      throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}.`);
    return value;
  };
}

/** A number from 0 to 1. */
export function share(text: string): number {
  return numberUpTo(1, text);
}

/** A number from 0 to 100. */
export function percentage(text: string): number {
  return numberUpTo(100, text);
}

function numberUpTo(max: number, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= max))
    throw new InvalidArgumentError(`expected a number from 0 to ${max}.`);
  return value;
}

/** An ISO 8601 time, returned unchanged. */
export function time(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('expected a time, like 2026-11-20T10:00:00Z or 2026-11-20.');
  return text;
}

/** Collects the values of an option that may be repeated. */
export function repeated(
  parse: (text: string) => string = (text) => text,
): (text: string, values: readonly string[] | undefined) => readonly string[] {
  return (text, values = []) => [...values, parse(text)];
}

/** One of the allowed words. */
export function oneOf<T extends string>(allowed: readonly T[]): (text: string) => T {
  return (text) => {
    const found = allowed.find((one) => one === text);
    if (found === undefined) throw new InvalidArgumentError(`expected ${allowed.join(' or ')}.`);
    return found;
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
