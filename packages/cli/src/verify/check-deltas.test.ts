import { cp, mkdtemp, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeDelta, encodeDeltaIndex, parseDeltaIndex } from '@perigee/registry';
import type { Sha256 } from '@perigee/registry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryKeys } from '../keys/keys.ts';
import { pack } from '../pack/pack.ts';
import { publish } from '../publish/publish.ts';
import { initRegistry } from '../publish/registry.ts';
import { heldRelease } from '../publish/release-folder.ts';
import type { Finding } from './findings.ts';
import { verifyRegistry } from './verify-registry.ts';

const MODELS = fileURLToPath(new URL('../../../../models/digits/versions/', import.meta.url));
const VERSIONS = ['1.0.0', '1.1.0'];

let folder = '';
let good = '';
let index = '';
let deltas: readonly string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-check-deltas-'));
  good = join(folder, 'good');
  const publisher = { to: good, keys: await temporaryKeys() };
  await initRegistry(publisher);
  for (const version of VERSIONS)
    await publish(
      heldRelease(
        await pack(
          {
            model: `${MODELS}${version}/model.onnx`,
            golden: `${MODELS}${version}/golden.json`,
            name: 'digits',
            version,
          },
          () => undefined,
        ),
      ),
      publisher,
      'stable',
    );
  const files = (await readdir(join(good, 'deltas'), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(good.length + 1));
  index = files.find((path) => path.endsWith('.json')) ?? '';
  deltas = files.filter((path) => !path.endsWith('.json')).toSorted();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function verifyWith(change: (to: string) => Promise<void>): Promise<readonly Finding[]> {
  const to = await mkdtemp(join(folder, 'copy-'));
  await cp(good, to, { recursive: true });
  await change(to);
  return (await verifyRegistry(to, { origin: 'https://app.example' })).findings;
}

async function reindex(
  to: string,
  change: (made: Sha256, from: Sha256, wireBytes: number) => [Sha256, number],
): Promise<void> {
  const known = parseDeltaIndex(await readFile(join(to, index)));
  await writeFile(
    join(to, index),
    encodeDeltaIndex(
      new Map(
        [...known].map(([made, bases]) => [
          made,
          new Map([...bases].map(([from, wireBytes]) => change(made, from, wireBytes))),
        ]),
      ),
    ),
  );
}

test('a registry whose deltas lead where they should has no findings, and they are among what was read', async () => {
  expect(deltas.length).toBeGreaterThan(0);
  expect(await verifyWith(async () => undefined)).toEqual([]);
  const without = await mkdtemp(join(folder, 'copy-'));
  await cp(good, without, { recursive: true });
  await rm(join(without, 'deltas'), { recursive: true });
  const [all, fewer] = await Promise.all(
    [good, without].map((base) => verifyRegistry(base, { origin: 'https://app.example' })),
  );
  expect([fewer!.findings, all!.files - fewer!.files]).toEqual([[], deltas.length + 1]);
});

test('every delta that is damaged is named', async () => {
  const findings = await verifyWith(async (to) => {
    for (const path of deltas) {
      const bytes = await readFile(join(to, path));
      bytes[bytes.length - 12]! ^= 1;
      await writeFile(join(to, path), bytes);
    }
  });
  expect(findings.map(({ path }) => path).toSorted()).toEqual(deltas);
  for (const { level, message } of findings)
    expect([level, message]).toEqual(['error', expect.stringContaining('it is damaged')]);
});

test.each<[string, string, (to: string) => Promise<void>]>([
  ['missing', 'answers 404', (to) => unlink(join(to, deltas[0]!))],
  ['no delta', 'it is damaged', (to) => writeFile(join(to, deltas[0]!), 'nothing')],
  [
    'a good one to something else',
    'it is damaged',
    async (to) => {
      const { length } = await readFile(join(to, deltas[0]!));
      const other = new Uint8Array(10);
      const made = await encodeDelta(other, other, 1);
      expect(made.length).toBeLessThanOrEqual(length);
      await writeFile(join(to, deltas[0]!), made);
    },
  ],
  [
    'longer than the index says',
    'devices read no further',
    async (to) =>
      writeFile(
        join(to, deltas[0]!),
        Buffer.concat([await readFile(join(to, deltas[0]!)), Buffer.alloc(9)]),
      ),
  ],
])('a delta that is %s is an error that names it', async (_what, message, change) => {
  expect(await verifyWith(change)).toEqual([
    { level: 'error', path: deltas[0], message: expect.stringContaining(message) as string },
  ]);
});

test('an index that cannot be read is an error, a base that no version has a warning', async () => {
  expect(
    await verifyWith((to) => writeFile(join(to, index), '{"schema":"perigee-deltas/9"}')),
  ).toEqual([
    {
      level: 'error',
      path: index,
      message: expect.stringContaining('digits@1.1.0 cannot be read') as string,
    },
  ]);
  const unknown = 'a'.repeat(64) as Sha256;
  const findings = await verifyWith((to) =>
    reindex(to, (_made, _from, wireBytes) => [unknown, wireBytes]),
  );
  expect(findings.length).toBe(deltas.length);
  for (const { level, message } of findings)
    expect([level, message]).toEqual([
      'warning',
      expect.stringContaining('which no published version has'),
    ]);
});
