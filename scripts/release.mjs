// npm run release -- --dry-run: makes the packages of the next release from the last commit, checks
// them, installs them from a registry on this machine, and says what would be published. Without
// --dry-run it publishes them; GitHub Actions does that (.github/workflows/release.yml).
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { inEmptyFolder, TEMPLATES, tryApp, withBrowser } from './release/apps.mjs';
import { tryFirstLines } from './release/first-lines.mjs';
import { changedFiles, checkRelease } from './release/guards.mjs';
import { installRegistry, startRegistry } from './release/local-registry.mjs';
import { configuredRegistry, isPublished, publish, tag } from './release/publish.mjs';
import {
  buildTree,
  FOLDER,
  makeTree,
  nameRepository,
  packagesInOrder,
  readManifest,
  TARBALLS,
  TREE,
} from './release/tree.mjs';
import { applyChangesets, newestChanges, pendingChangesets } from './release/versions.mjs';
import { main, node, npm, ROOT, step } from './steps.mjs';

/**
 * A package as `npm pack` describes it.
 * @typedef {object} Packed
 * @property {string} name
 * @property {string} version
 * @property {string} filename
 * @property {number} size
 * @property {number} unpackedSize
 * @property {{ path: string, size: number }[]} files
 */

await main(async () => {
  const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean', default: false } } });
  const isDry = values['dry-run'];
  if (!isDry) await checkRelease(ROOT, process.env);
  const registry = await configuredRegistry();

  const packages = await makePackages(isDry);
  await checkInstalls(packages, registry);
  const missing = await step('Asking which versions are published', () =>
    notPublished(packages, registry),
  );
  const names = missing.map(({ name, version }) => `${name}@${version}`);
  if (missing.length === 0) console.log('\nEvery version is published.');
  else if (isDry) sayPlan(names);
  else await step(`Publishing ${names.length} packages`, () => publish(missing, registry));
  // A run that failed in between has published, but not tagged.
  if (!isDry) await step('Tagging the commit', () => tag(packages));
});

/**
 * Versions, changelogs, builds and packs the packages, in a copy of the last commit.
 * @param {boolean} isDry
 */
async function makePackages(isDry) {
  const left = isDry ? await changedFiles(ROOT) : [];
  if (left.length > 0)
    console.log(`${left.length} changes are not committed, so they are left out.`);
  await step('Copying the last commit', makeTree);
  const before = versions();
  const pending = pendingChangesets(TREE);
  if (pending.length > 0)
    await step(`Applying ${pending.length} changesets`, () => applyChangesets(TREE));
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env;
  if (server && repository) nameRepository(`${server}/${repository}`);
  await step('Building the packages', buildTree);
  await step('Packing and checking the packages', async () => {
    await node(join(TREE, 'scripts/check-published.mjs'), ['--into', TARBALLS]);
  });
  const packages = readPacked();
  sayVersions(before);
  sayContents(packages);
  return packages;
}

/**
 * Installs the packages from a registry, as users do.
 * @param {readonly Packed[]} packages
 * @param {string} uplink
 */
async function checkInstalls(packages, uplink) {
  await step('Installing the local registry', installRegistry);
  const { env, close } = await step('Publishing into the local registry', () =>
    startRegistry(packages, uplink),
  );
  try {
    await withBrowser(async (browser) => {
      await step('npm install perigee, and the first lines of README.md', () =>
        tryFirstLines(browser, env),
      );
      for (const template of TEMPLATES)
        await step(`npm create perigee, template ${template}`, () =>
          inEmptyFolder(async (folder) => {
            const args = ['create', '--yes', 'perigee', 'my-app', '--', '--template', template];
            await npm(folder, args, env);
            await tryApp(join(folder, 'my-app'), template, browser, env);
          }),
        );
    });
  } finally {
    close();
  }
}

/** @returns {Packed[]} the packages in the order in which they are published */
function readPacked() {
  /** @type {Packed[]} */
  const packed = JSON.parse(readFileSync(join(TARBALLS, 'packed.json'), 'utf8'));
  const names = packagesInOrder().map(({ manifest }) => manifest.name);
  return packed.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
}

/** @returns {Record<string, string>} */
function versions() {
  return Object.fromEntries(
    packagesInOrder().map(({ manifest: { name, version } }) => [name, version]),
  );
}

/** @param {Record<string, string>} before versions of the last commit */
function sayVersions(before) {
  for (const { folder } of packagesInOrder()) {
    const { name, version } = readManifest(folder);
    const old = before[name] === version ? '' : `${before[name]} → `;
    console.log(`\n${name} ${old}${version}`);
    const changes = old === '' ? undefined : newestChanges(folder);
    if (changes) console.log(changes.replace(/^/gm, '    '));
  }
}

/** @param {readonly Packed[]} packages */
function sayContents(packages) {
  const file = join(FOLDER, 'contents.txt');
  const lists = packages.map(
    ({ filename, files }) =>
      `${filename}\n${files.map(({ path, size }) => `  ${path} ${size}\n`).join('')}`,
  );
  writeFileSync(file, lists.join('\n'));
  console.log('\npackage                              files   packed KB   unpacked KB');
  for (const { filename, files, size, unpackedSize } of packages)
    console.log(
      filename.padEnd(35) +
        String(files.length).padStart(7) +
        kilobytes(size).padStart(12) +
        kilobytes(unpackedSize).padStart(14),
    );
  console.log(`Every file: ${relative(ROOT, file)}\n`);
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return (bytes / 1_000).toFixed(0);
}

/**
 * @param {readonly Packed[]} packages
 * @param {string} registry
 */
async function notPublished(packages, registry) {
  const missing = [];
  for (const packed of packages) if (!(await isPublished(packed, registry))) missing.push(packed);
  return missing;
}

/** @param {readonly string[]} names */
function sayPlan(names) {
  console.log('\nA release would publish, in this order, and tag the commit with each:');
  for (const name of names) console.log(`  ${name}`);
  console.log('This was a dry run: nothing was published, and the working tree is as it was.');
}
