import { expect, test } from 'vitest';
import { sha256Hex } from '../chunks/hash.ts';
import { findTarget, targetPath, verifyTarget } from './find-target.ts';
import { createClient, createRepository, must } from './repository.fixture.ts';

test.each([true, false])(
  'a target is found, downloaded and verified; consistent_snapshot %s',
  async (consistent) => {
    const repository = await createRepository({ consistent });
    const content = await repository.addTarget('targets', 'dir/sub/file.bin', 'content');
    must(repository.top.targets['dir/sub/file.bin']).custom = { note: 'ours' };
    await repository.publish();
    const trusted = await createClient(repository).refresh();
    const target = must(await findTarget(trusted, 'dir/sub/file.bin'));
    expect(target).toEqual({
      path: 'dir/sub/file.bin',
      length: 7,
      hashes: { sha256: await sha256Hex(content) },
      custom: { note: 'ours' },
    });
    const path = targetPath(target, trusted.root.consistentSnapshot);
    expect(path).toBe(
      consistent ? `dir/sub/${target.hashes['sha256']}.file.bin` : 'dir/sub/file.bin',
    );
    const bytes = must(repository.files.get(`targets/${path}`));
    await verifyTarget(target, bytes);
    const flipped = bytes.slice();
    flipped[0]! ^= 1;
    for (const other of [
      flipped,
      bytes.subarray(1),
      new Uint8Array([...bytes, 0]),
      new Uint8Array(0),
    ]) {
      await expect(verifyTarget(target, other)).rejects.toMatchObject({
        code: 'INTEGRITY',
        details: { path: 'dir/sub/file.bin' },
      });
    }
  },
);

test('a target changes again and again; each client run finds the current one', async () => {
  const repository = await createRepository();
  const client = createClient(repository);
  for (const content of ['one', 'two!', 'three']) {
    const bytes = await repository.addTarget('targets', 'file', content);
    repository.top.version += 1;
    await repository.release();
    const target = must(await findTarget(await client.refresh(), 'file'));
    await verifyTarget(target, bytes);
    expect(target.length).toBe(content.length);
  }
});

test('digests of a target: all known ones must fit, and one must be known', async () => {
  const bytes = new TextEncoder().encode('abc');
  const sha256 = await sha256Hex(bytes);
  const sha512 =
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a' +
    '2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f';
  const target = (hashes: Record<string, string>) => ({ path: 'abc', length: 3, hashes });
  await verifyTarget(target({ sha256 }), bytes);
  await verifyTarget(target({ sha512 }), bytes);
  await verifyTarget(target({ sha256, sha512, blake3: 'ab' }), bytes);
  await expect(
    verifyTarget(target({ sha256, sha512: sha512.replace('d', 'e') }), bytes),
  ).rejects.toMatchObject({ code: 'INTEGRITY' });
  await expect(verifyTarget(target({ blake3: 'ab' }), bytes)).rejects.toThrow(
    'expected sha256 or sha512',
  );
  expect(targetPath(target({ sha512 }), true)).toBe(`${sha512}.abc`);
});

test.each(['../x', '/x', 'a/../b', 'a//b', './a', 'a/', '', 'a\\b'])(
  'the target path "%s" would leave the folder',
  (path) => {
    expect(() => targetPath({ path, length: 1, hashes: { sha256: 'ab' } }, true)).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT' }),
    );
  },
);
