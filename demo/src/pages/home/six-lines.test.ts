import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { SIX_LINES } from './six-lines.ts';

const DEMO = join(import.meta.dirname, '../../..');
const TSC = join(DEMO, '../node_modules/typescript/bin/tsc');

/** The errors of TypeScript in the code, with the demo's types of its models. */
async function faultsOf(code: string): Promise<string> {
  // Inside the repository, so that its dependencies are found.
  await mkdir(join(DEMO, 'dist'), { recursive: true });
  const folder = await mkdtemp(join(DEMO, 'dist/six-lines-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'code.ts'), code);
  const compilerOptions = {
    noEmit: true,
    lib: ['ES2023', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
    target: 'ES2022',
    module: 'ESNext',
    moduleResolution: 'Bundler',
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    types: [],
  };
  const files = ['code.ts', join(DEMO, 'src/models.d.ts')];
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const { stdout } = await promisify(execFile)(process.execPath, [TSC, '-p', folder]).catch(
    (failure: { readonly stdout: string }) => failure,
  );
  return stdout;
}

test('the code of the first page has six lines, and is right for strict TypeScript', async () => {
  expect(SIX_LINES.trim().split('\n').filter(Boolean)).toHaveLength(6);
  expect(await faultsOf(SIX_LINES)).toBe('');
  // The types are those of the model, so a wrong use of its answer is found.
  expect(await faultsOf(`${SIX_LINES}output.digit;\n`)).toContain("'digit' does not exist");
});
