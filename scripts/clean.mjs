// npm run clean: removes what builds and runs leave behind; dependencies stay.
import { readdirSync, rmSync } from 'node:fs';
import { main } from './steps.mjs';

await main(async () => {
  const packages = readdirSync('packages').map((name) => `packages/${name}`);
  // TypeScript's build information lies in dist.
  const paths = [...packages, 'demo'].map((folder) => `${folder}/dist`);
  for (const path of [...paths, '.perigee', 'test-results'])
    rmSync(path, { recursive: true, force: true });
});
