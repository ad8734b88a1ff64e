import { fileURLToPath } from 'node:url';

/** The folder of this repository on this machine, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * The address of the repository on the web, without a slash at its end. Without it the site has no
 * links for editing, and files that pages link to are copied into the site.
 */
export const REPOSITORY = process.env['PERIGEE_DOCS_REPOSITORY'];

/**
 * Pages of the site that are files outside docs/, by the file.
 * @type {Readonly<Record<string, string>>}
 */
export const PAGES_BESIDE_DOCS = {
  'ARCHITECTURE.md': 'project/architecture',
  'CONTRIBUTING.md': 'project/contributing',
  'SECURITY.md': 'project/security',
  'CODE_OF_CONDUCT.md': 'project/code-of-conduct',
  'bench/README.md': 'project/bench',
  'bench/RESULTS.md': 'project/measurements',
  'packages/bindings/README.md': 'packages/bindings',
  'packages/cli/README.md': 'packages/cli',
  'packages/collector/README.md': 'packages/collector',
  'packages/core/README.md': 'packages/perigee',
  'packages/create-perigee/README.md': 'packages/create-perigee',
  'packages/profile/README.md': 'packages/profile',
  'packages/react/README.md': 'packages/react',
  'packages/registry/README.md': 'packages/registry',
  'packages/registry/src/tuf/README.md': 'project/tuf',
  'packages/svelte/README.md': 'packages/svelte',
  'packages/vite/README.md': 'packages/vite',
  'packages/vue/README.md': 'packages/vue',
  'README.md': 'project/readme',
};
