// npm run check:templates: makes an app of each template in an empty folder, installs it from the
// packed packages, builds it, and checks its predictions in Chromium or Node. Takes a minute or
// two. The packages have to be built.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { inEmptyFolder, TEMPLATES, tryApp, withBrowser } from './release/apps.mjs';
import { main, node, ROOT, step } from './steps.mjs';

const TARBALLS = join(ROOT, '.perigee', 'template-tarballs');

await main(async () => {
  rmSync(TARBALLS, { recursive: true, force: true });
  await step('Packing the packages', async () => {
    await node('scripts/check-published.mjs', ['--into', TARBALLS]);
  });
  try {
    await withBrowser(async (browser) => {
      for (const template of TEMPLATES)
        await step(`An app of the template ${template}`, () =>
          inEmptyFolder(async (folder) => {
            const app = join(folder, 'my-app');
            const bin = join(ROOT, 'packages/create-perigee/bin/create-perigee.js');
            await node(bin, [app, '--template', template, '--from', TARBALLS]);
            await tryApp(app, template, browser);
          }),
        );
    });
  } finally {
    rmSync(TARBALLS, { recursive: true, force: true });
  }
  console.log(`${TEMPLATES.length} templates`);
});
