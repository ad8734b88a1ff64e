import { seededRandom } from '@perigee/profile/analysis';
import { expect, test } from 'vitest';
import { parseManifest } from '../index.ts';
import { document, manifest } from './manifest.fixture.ts';

test.each(['null', '[]', '"perigee-model/1"', '1', '{}'])('the document %s is refused', (text) => {
  expect(() => parseManifest(new TextEncoder().encode(text))).toThrow(
    expect.objectContaining({ name: 'RegistryError', code: 'INVALID_MANIFEST' }),
  );
});

test('any value in place of any field gives a manifest or a RegistryError', () => {
  const odd = [
    null,
    true,
    -1,
    1e300,
    2 ** 53,
    '',
    '../x',
    'x'.repeat(70_000),
    [],
    [[]],
    {},
    { length: 1e9 },
    '\u0000',
    '__proto__',
  ];
  const outcomes = pathsOf(document()).flatMap((path) =>
    odd.map((value) =>
      outcome(new TextEncoder().encode(JSON.stringify(replaced(document(), path, value)))),
    ),
  );
  expect(new Set(outcomes)).toEqual(new Set(['manifest', 'RegistryError']));
});

test('flipped bits and cut-off ends give a manifest or a RegistryError', () => {
  const whole = manifest();
  const next = seededRandom(1);
  for (let run = 0; run < 3_000; run += 1) {
    const damaged = whole.slice(
      0,
      run % 3 === 0 ? Math.floor(next() * whole.length) : whole.length,
    );
    for (let flips = 0; flips <= run % 4; flips += 1)
      if (damaged.length > 0)
        damaged[Math.floor(next() * damaged.length)]! ^= 1 << Math.floor(next() * 8);
    expect(['manifest', 'RegistryError']).toContain(outcome(damaged));
  }
});

function outcome(bytes: Uint8Array): string {
  try {
    parseManifest(bytes);
    return 'manifest';
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

/** Every value of a document, as the path of keys to it. */
function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [
    [key],
    ...pathsOf(item).map((path) => [key, ...path]),
  ]);
}

function replaced(
  target: unknown,
  [key = '', ...rest]: readonly string[],
  value: unknown,
): unknown {
  const copy = (
    Array.isArray(target) ? [...(target as unknown[])] : { ...(target as object) }
  ) as Record<string, unknown>;
  copy[key] = rest.length === 0 ? value : replaced(copy[key], rest, value);
  return copy;
}
