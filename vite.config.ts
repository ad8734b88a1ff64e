import { configDefaults, defineConfig } from 'vitest/config';
import { domProject } from './packages/bindings/test/dom-project.ts';
import { REACT_PROJECTS } from './packages/react/test/projects.ts';
import { SVELTE_PROJECT } from './packages/svelte/test/project.ts';
import { SOURCE_CONDITION } from './scripts/source/condition.ts';
import { sourceInTests } from './scripts/source/vitest-plugin.ts';
import { rerunAfterEdits } from './scripts/source/watch.ts';

const TESTS = [
  'packages/!(react|svelte|vue)/src/**/*.test.ts',
  'packages/collector/dashboard/**/*.test.ts',
  'demo/*.test.ts',
  'demo/src/**/*.test.ts',
  'models/**/*.test.ts',
  'scripts/**/*.test.ts',
  'bench/**/*.test.ts',
  'campaigns/**/*.test.ts',
  'docs/test/*.test.ts',
];

/**
 * Tests that start no thread and no process, and replace nothing of their own process. One process
 * runs many of these files, and loads modules once.
 */
const PURE_TESTS = [
  'packages/profile/src/**/*.test.ts',
  'packages/registry/src/**/!(verify-ed25519).test.ts',
  'packages/collector/dashboard/**/*.test.ts',
  'packages/collector/src/analysis/!(compare|left-out).test.ts',
  'packages/core/src/engines/instant/*.test.ts',
  'packages/core/src/pipeline/**/*.test.ts',
];

/**
 * Unit tests of every package and model. Pages are built by the vite.config.ts beside them,
 * journeys run by e2e/playwright.config.ts.
 */
export default defineConfig({
  plugins: [sourceInTests()],
  // This list replaces Vitest's own conditions, so it repeats them.
  ssr: { resolve: { conditions: [SOURCE_CONDITION, 'node', 'development|production'] } },
  test: {
    projects: [
      {
        extends: true,
        test: { name: 'node', include: TESTS, exclude: [...configDefaults.exclude, ...PURE_TESTS] },
      },
      {
        extends: true,
        // A process serves the next file only if that file is of the same project, so these files
        // run after all others.
        test: { name: 'pure', include: PURE_TESTS, isolate: false, sequence: { groupOrder: 1 } },
      },
      ...REACT_PROJECTS,
      domProject('vue', 'packages/vue/src/**/*.test.ts'),
      SVELTE_PROJECT,
    ],
    environment: 'node',
    // ONNX Runtime is bundled, and looks for files beside it.
    server: { deps: { external: [/\/packages\/core\/dist\/node\//] } },
    globalSetup: 'scripts/source/compile.ts',
    watchTriggerPatterns: [rerunAfterEdits],
    // Only a test that hangs reaches these limits. A busy machine may take ten times as long.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    // CI has two cores. Two workers leave them idle for a sixth of the time, while processes start
    // and tests wait.
    maxWorkers: 3,
  },
});
