// Asks npm which versions it has, and publishes the others with provenance.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { node, npm, ROOT, run, StepError, tool } from '../steps.mjs';
import { TARBALLS } from './tree.mjs';

/** @typedef {{ name: string, version: string, filename: string }} Packed */

/** The registry that npm is set up for. */
export async function configuredRegistry() {
  const url = (await npm(ROOT, ['config', 'get', 'registry'])).trim();
  return url.endsWith('/') ? url : `${url}/`;
}

/**
 * Whether a registry has this version of a package.
 * @param {Packed} packed
 * @param {string} registry
 */
export async function isPublished({ name, version }, registry) {
  const response = await fetch(registry + name.replace('/', '%2f')).catch((error) => {
    throw new StepError(`${registry} cannot be asked for ${name}: ${error.message}`);
  });
  if (response.status === 404) return false;
  if (!response.ok) throw new StepError(`${registry} answers ${response.status} for ${name}.`);
  /** @type {{ versions?: Record<string, unknown> }} */
  const { versions = {} } = await response.json();
  return version in versions;
}

/**
 * Publishes packages in order. After a failure, the same command goes on where it ended.
 * @param {readonly Packed[]} packages
 * @param {string} registry
 */
export async function publish(packages, registry) {
  const folder = mkdtempSync(join(tmpdir(), 'perigee-npmrc-'));
  // npm itself reads the variable, so the token is in no file.
  const npmrc = join(folder, 'npmrc');
  const { host, pathname } = new URL(registry);
  writeFileSync(npmrc, `registry=${registry}\n//${host}${pathname}:_authToken=\${NPM_TOKEN}\n`);
  const env = { NPM_CONFIG_USERCONFIG: npmrc };
  try {
    for (const { name, version, filename } of packages) {
      const tarball = join(TARBALLS, filename);
      await npm(ROOT, ['publish', tarball, '--provenance', '--access', 'public'], env);
      console.log(`  published ${name}@${version}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Changesets makes annotated tags, which name their author. */
const COMMITTER = {
  GIT_COMMITTER_NAME: 'github-actions[bot]',
  GIT_COMMITTER_EMAIL: '41898282+github-actions[bot]@users.noreply.github.com',
};

/**
 * Tags the commit with each version, as changesets names it, and pushes the tags. Tags that exist
 * stay.
 * @param {readonly Packed[]} packages
 */
export async function tag(packages) {
  await node(tool('@changesets/cli', 'changeset'), ['tag'], { env: COMMITTER });
  const tags = packages.map(({ name, version }) => `refs/tags/${name}@${version}`);
  await run('git', ['push', 'origin', ...tags]);
}
