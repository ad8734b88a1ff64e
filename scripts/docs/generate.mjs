// Pages of the documentation site that are made of the code, and of files outside docs/.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PAGES_BESIDE_DOCS } from '../../docs/.vitepress/repository.mjs';
import { ROOT } from '../steps.mjs';
import { writeApi } from './api.mjs';
import { cliReference } from './cli.mjs';

/** No commit has this folder. docs/.vitepress/config.ts leaves its name out of addresses. */
const GENERATED = join(ROOT, 'docs', 'generated');

export async function generatePages() {
  rmSync(GENERATED, { recursive: true, force: true });
  for (const [file, page] of Object.entries(PAGES_BESIDE_DOCS)) {
    const text = readFileSync(join(ROOT, file), 'utf8');
    write(page, `---\nfrom: ${file}\neditLink: false\n---\n\n${text}`);
  }
  write('reference/cli', await cliReference());
  await writeApi(join(GENERATED, 'reference', 'api'));
}

/**
 * @param {string} page
 * @param {string} text
 */
function write(page, text) {
  const file = join(GENERATED, `${page}.md`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
