import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { buildSite, checkSite } from './demo-site.mjs';
import { node } from './steps.mjs';

const PROGRAM = fileURLToPath(new URL('build-demo.mjs', import.meta.url));

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'perigee-site-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test.each([
  ['base', 'perigee', '--base is "perigee". Expected "./", or a path that begins and ends'],
  ['base', '/a b/', '--base is "/a b/".'],
  ['base', 'https://example.com/', '--base is "https://example.com/".'],
  ['site', 'example.com', '--site is "example.com". Expected an address that ends with "/"'],
  ['site', 'https://example.com/perigee', '--site is "https://example.com/perigee".'],
  ['collector', 'ftp://example.com/', '--collector is "ftp://example.com/".'],
])('an option that cannot be meant is refused: %s %s', async (option, value, message) => {
  const out = await emptyFolder();
  await expect(checkSite({ out, [option]: value })).rejects.toThrow(message);
});

test.each(['./', '/', '/perigee/', '/a/b-c/'])('%s is a base path', async (base) => {
  await expect(checkSite({ out: await emptyFolder(), base })).resolves.toBeUndefined();
});

test('a folder that has something else in it is left as it is', async () => {
  const out = await emptyFolder();
  await writeFile(join(out, 'index.html'), 'of somebody');
  await expect(checkSite({ out })).rejects.toThrow('has files that are not of an earlier site');
  expect(await readdir(out)).toEqual(['index.html']);
  // Every site on GitHub Pages may have this file.
  await writeFile(join(out, '.nojekyll'), '');
  await expect(checkSite({ out })).rejects.toThrow('has files that are not of an earlier site');
  const mark = 'Written by npm run build:demo, which empties this folder.\n';
  await writeFile(join(out, '.nojekyll'), mark);
  await expect(checkSite({ out })).resolves.toBeUndefined();
});

test('a folder without a registry is named', async () => {
  const [out, registry] = [await emptyFolder(), await emptyFolder()];
  await expect(buildSite({ out, registry })).rejects.toThrow(`${registry} is no registry`);
});

test('the program lists its options, and points to the list when it does not know one', async () => {
  const { output } = await node(PROGRAM, ['--help']);
  for (const option of ['--base', '--site', '--collector', '--out'])
    expect(output).toContain(option);
  const refused = await node(PROGRAM, ['--bse', '/x/'], { allowFailure: true });
  expect(refused.code).toBe(1);
  expect(refused.output).toContain("Unknown option '--bse'");
  expect(refused.output).toContain('npm run build:demo -- --help');
});
