import { fileURLToPath } from 'node:url';
import type { TestProjectInlineConfiguration } from 'vitest/config';
import { domProject } from '../../bindings/test/dom-project.ts';

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
  return domProject(name, 'packages/react/src/**/*.test.{ts,tsx}', {
    resolve: { alias },
    test: { setupFiles: [fileURLToPath(new URL(setupFile, import.meta.url))] },
  });
}
