import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@playwright/test';
import type { Browser } from '@playwright/test';
import { build, createServer, preview } from 'vite';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

let app = '';

/** An app as its author has it: perigee from its tarballs, without any Vite configuration. */
test.beforeAll(async () => {
  test.setTimeout(600_000);
  app = await mkdtemp(join(tmpdir(), 'perigee-app-'));
  for (const name of ['registry', 'profile', 'core'])
    await run(npm, ['pack', '--pack-destination', app, '--silent'], {
      cwd: join(ROOT, 'packages', name),
    });
  const tarballs = (await readdir(app)).filter((file) => file.endsWith('.tgz'));
  await writeFile(
    join(app, 'package.json'),
    JSON.stringify({ name: 'app', private: true, type: 'module' }),
  );
  await run(
    npm,
    [
      'install',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
      '--ignore-scripts',
      ...tarballs.map((file) => `./${file}`),
    ],
    { cwd: app },
  );
  await mkdir(join(app, 'public'));
  await cp(join(ROOT, 'models/wdbc/versions/1.0.0/model.onnx'), join(app, 'public/model.onnx'));
  await writeFile(
    join(app, 'index.html'),
    '<!doctype html><title>app</title><link rel="icon" href="data:,"><script type="module" ' +
      'src="/main.js"></script>',
  );
  await writeFile(
    join(app, 'main.js'),
    `
    import { loadModel } from 'perigee';
    const model = await loadModel('/model.onnx');
    const { output } = await model.predict({ features: new Float32Array(30) });
    document.title = 'answer ' + output.shape.join('x');`,
  );
});

test.afterAll(() => rm(app, { recursive: true, force: true }));

async function answers(browser: Browser, url: string): Promise<void> {
  const page = await browser.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  await page.goto(url);
  await expect(page).toHaveTitle('answer 1x2');
  expect(faults).toEqual([]);
  await page.close();
}

test('imported into a Vite app it works unchanged in development', async ({ browser }) => {
  const server = await createServer({
    root: app,
    configFile: false,
    logLevel: 'error',
    server: { host: '127.0.0.1', port: 0 },
  });
  await server.listen();
  await answers(browser, server.resolvedUrls!.local[0]!);
  await server.close();
});

test('and built', async ({ browser }) => {
  await build({ root: app, configFile: false, logLevel: 'error' });
  const server = await preview({
    root: app,
    configFile: false,
    logLevel: 'error',
    preview: { host: '127.0.0.1', port: 0 },
  });
  await answers(browser, server.resolvedUrls!.local[0]!);
  await server.close();
});
