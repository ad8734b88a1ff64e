import { RegistryError } from '../error.ts';
import { LIMITS } from './limits.ts';
import type { Sha256 } from './manifest.ts';

/**
 * A value of a parsed document with its path, so that every error names the place. Each method
 * checks one expectation and throws INVALID_MANIFEST if it fails. Unknown fields are never read,
 * hence ignored.
 */
export interface Reader {
  readonly path: string;
  readonly value: unknown;
  field(name: string): Reader;
  /** Undefined when the field is absent. */
  optional<T>(name: string, read: (field: Reader) => T): T | undefined;
  list<T>(max: number, read: (item: Reader) => T): T[];
  /** The items without readers, for lists of plain values that are too long for one reader each. */
  list(max: number): readonly unknown[];
  entries<T>(max: number, read: (item: Reader, key: string) => T): [string, T][];
  text(maxLength?: number): string;
  number(): number;
  integer(min: number, max: number): number;
  boolean(): boolean;
  oneOf<T extends string>(allowed: readonly T[]): T;
  sha256(): Sha256;
  fail(expected: string): never;
}

/**
 * A reader of a parsed JSON value.
 * @param path of the value in its document, for errors. Default: the document itself.
 * @example
 * ```ts
 * const root = reader({ width: 28 });
 * root.field('width').integer(1, 4_096); // 28
 * root.field('height').integer(1, 4_096); // throws: height: expected a whole number …
 * ```
 */
export function reader(value: unknown, path = ''): Reader {
  const at = path || 'the document';
  const self: Reader = {
    path,
    value,
    field(name) {
      const object = record(self);
      return reader(
        Object.hasOwn(object, name) ? object[name] : undefined,
        path ? `${path}.${name}` : name,
      );
    },
    optional(name, read) {
      const field = self.field(name);
      return field.value === undefined ? undefined : read(field);
    },
    list<T>(max: number, read?: (item: Reader) => T) {
      if (!Array.isArray(value)) self.fail('a list');
      if (value.length > max) self.fail(`at most ${max} entries`);
      return read ? value.map((item, index) => read(reader(item, `${path}[${index}]`))) : value;
    },
    entries(max, read) {
      const pairs = Object.entries(record(self));
      if (pairs.length > max) self.fail(`at most ${max} entries`);
      return pairs.map(([key, item]) => [
        key,
        read(reader(item, path ? `${path}.${key}` : key), key),
      ]);
    },
    text(maxLength = LIMITS.textLength) {
      if (typeof value !== 'string') self.fail('text');
      if (value.length > maxLength) self.fail(`text of at most ${maxLength} characters`);
      return value;
    },
    number() {
      if (typeof value !== 'number' || !Number.isFinite(value)) self.fail('a finite number');
      return value;
    },
    integer(min, max) {
      if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max)
        self.fail(`a whole number from ${min} to ${max}`);
      return value;
    },
    boolean() {
      return typeof value === 'boolean' ? value : self.fail('true or false');
    },
    oneOf(allowed) {
      const found = allowed.find((item) => item === value);
      return found ?? self.fail(allowed.map((item) => `"${item}"`).join(' or '));
    },
    sha256() {
      if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value))
        self.fail('a SHA-256 as 64 lower-case hex digits');
      return value as Sha256;
    },
    fail(expected) {
      throw new RegistryError(
        'INVALID_MANIFEST',
        `${at}: expected ${expected}, got ${show(value)}.`,
        { details: { path, expected } },
      );
    },
  };
  return self;
}

function record(self: Reader): Record<string, unknown> {
  const { value } = self;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) self.fail('an object');
  return value as Record<string, unknown>;
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
