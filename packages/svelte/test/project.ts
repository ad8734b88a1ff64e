import { svelte } from '@sveltejs/vite-plugin-svelte';
import { SOURCE_CONDITION } from '../../../scripts/source/condition.ts';
import { domProject } from '../../bindings/test/dom-project.ts';

/** Components are compiled for the environment of the test: for a browser, or for a server. */
export const SVELTE_PROJECT = domProject('svelte', 'packages/svelte/src/**/*.test.ts', {
  plugins: [svelte({ configFile: false })],
  resolve: { conditions: [SOURCE_CONDITION, 'browser', 'node', 'development|production'] },
  // Node would take Svelte's part for servers.
  test: { server: { deps: { inline: [/\/node_modules\/svelte\//] } } },
});
