import { fileURLToPath } from 'node:url';
import type { TestProjectInlineConfiguration } from 'vitest/config';
import { SOURCE_CONDITION } from '../../../scripts/source/condition.ts';

/** Hooks are tested with both versions of React that they support, in Node with a DOM. */
export const REACT_PROJECTS: TestProjectInlineConfiguration[] = [
  project('react-19', 'dom.setup.ts', []),
  project('react-18', 'react-18.setup.ts', [
    { find: /^(react|react-dom)(?=\/|$)/, replacement: '$1-18' },
  ]),
];

function project(
  name: string,
  setupFile: string,
  alias: { readonly find: RegExp; readonly replacement: string }[],
): TestProjectInlineConfiguration {
  return {
    extends: true,
    // With a DOM, Vitest resolves packages as for browsers. The models run in Node.
    resolve: { alias, conditions: [SOURCE_CONDITION, 'node', 'development|production'] },
    test: {
      name,
      include: ['packages/react/src/**/*.test.{ts,tsx}'],
      environment: 'jsdom',
      globalSetup: [pathOf('publish.ts')],
      setupFiles: [pathOf(setupFile)],
    },
  };
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
