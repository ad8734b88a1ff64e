// npm run docs: builds the documentation site into .perigee/docs-site. Broken links fail it.
// npm run docs:dev: serves it while pages are edited.
import { join } from 'node:path';
import { generatePages } from './docs/generate.mjs';
import { emit, install, main, node, ROOT, step, StepError, tool } from './steps.mjs';

const [mode = 'build'] = process.argv.slice(2);

await main(async () => {
  if (mode !== 'build' && mode !== 'dev')
    throw new StepError(`"${mode}" is no way to run this script. Use "build" or "dev".`);
  await step('Installing dependencies', install);
  await step('Compiling packages', () => emit().then(() => undefined));
  await step('Writing the generated pages', generatePages);
  if (mode === 'dev') return void (await node(tool('vitepress'), ['dev', 'docs'], { show: true }));
  await step('Building the site', () =>
    node(tool('vitepress'), ['build', 'docs']).then(firstFault),
  );
  console.log(`\nThe site is in ${join(ROOT, '.perigee/docs-site')}`);
});

/**
 * Warnings of VitePress are faults, such as code in a language that it does not know.
 * @param {{ output: string }} result
 */
function firstFault({ output }) {
  const warnings = output.split('\n').filter((line) => /warn|not loaded|not found/i.test(line));
  if (warnings.length > 0) throw new StepError(`VitePress warns:\n${warnings.join('\n')}`);
}
