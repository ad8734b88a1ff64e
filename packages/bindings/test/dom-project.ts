import { fileURLToPath } from 'node:url';
import type { TestProjectInlineConfiguration } from 'vitest/config';
import { SOURCE_CONDITION } from '../../../scripts/source/condition.ts';

/** Tests of a binding to a framework: with a DOM, and with models in Node from a registry. */
export function domProject(
  name: string,
  include: string,
  { resolve, test, ...rest }: TestProjectInlineConfiguration = {},
): TestProjectInlineConfiguration {
  return {
    extends: true,
    // With a DOM, Vitest resolves packages as for browsers. The models run in Node.
    resolve: { conditions: [SOURCE_CONDITION, 'node', 'development|production'], ...resolve },
    test: {
      name,
      include: [include],
      environment: 'jsdom',
      globalSetup: [fileURLToPath(new URL('publish.ts', import.meta.url))],
      ...test,
    },
    ...rest,
  };
}
