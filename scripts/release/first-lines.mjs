// The first lines of README.md, in an empty folder, with the packages of a registry.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { node, npm, StepError } from '../steps.mjs';
import { inEmptyFolder, openBuilt } from './apps.mjs';
import { TREE } from './tree.mjs';

const MODEL = '/models/digits.onnx';
const FILE = 'packages/create-perigee/templates/model/digits.onnx';
/** One score for each digit. */
const SHOWN = 'String(outputs.logits.shape)';
const SAYS = '1,10';

/**
 * Runs the lines in Node, and in a page that Vite builds.
 * @param {import('@playwright/test').Browser} browser
 * @param {NodeJS.ProcessEnv} env of the registry
 */
export async function tryFirstLines(browser, env) {
  const lines = firstLines();
  await inEmptyFolder(async (folder) => {
    await npm(folder, ['install', 'perigee'], env);
    mkdirSync(join(folder, 'public', 'models'), { recursive: true });
    copyFileSync(join(TREE, FILE), join(folder, 'public', MODEL));

    const inNode = `${lines.replace(MODEL, `./public${MODEL}`)}\nconsole.log(${SHOWN});`;
    writeFileSync(join(folder, 'first.mjs'), `${inNode}\nawait model.dispose();\n`);
    const { output } = await node('first.mjs', [], { cwd: folder });
    if (!output.includes(SAYS)) throw new StepError(`README.md's lines said in Node: ${output}`);

    await npm(folder, ['install', '--save-dev', 'vite'], env);
    const inPage = `${lines}\ndocument.body.textContent = ${SHOWN};\n`;
    writeFileSync(join(folder, 'first.js'), inPage);
    writeFileSync(
      join(folder, 'index.html'),
      '<!doctype html><link rel="icon" href="data:," />' +
        '<body><script type="module" src="/first.js"></script></body>',
    );
    await npm(folder, ['exec', '--', 'vite', 'build'], env);
    await openBuilt(join(folder, 'dist'), browser, async (page) => {
      await page.locator('body', { hasText: SAYS }).waitFor({ timeout: 60_000 });
    });
  });
}

/** The first block of TypeScript in README.md. It has no types, so it is JavaScript, too. */
function firstLines() {
  const text = readFileSync(join(TREE, 'README.md'), 'utf8');
  const [, lines] = /```ts\n([^]*?)```/.exec(text) ?? [];
  if (!lines?.includes(MODEL)) throw new StepError(`README.md does not begin with ${MODEL}.`);
  return lines;
}
