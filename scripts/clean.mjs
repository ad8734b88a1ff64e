// npm run clean: removes what builds and runs leave behind; dependencies stay.
import { globSync, rmSync } from 'node:fs';
import { main } from './steps.mjs';

await main(async () => {
  const paths =
    typeof globSync === 'function'
      ? globSync(['packages/*/dist', 'demo/dist', '.perigee', 'test-results', '**/*.tsbuildinfo'], {
          exclude: (path) => path.includes('node_modules'),
        })
      : ['registry', 'profile', 'core', 'cli', 'collector']
          .map((name) => `packages/${name}/dist`)
          .concat('demo/dist', '.perigee', 'test-results');
  for (const path of paths) rmSync(path, { recursive: true, force: true });
});
