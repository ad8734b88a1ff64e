import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const PACKAGES = { perigee: 'packages/core', '@types/node': 'node_modules/@types/node' };

/** Options of the standard React template of Vite, without `skipLibCheck`. */
const STRICT = {
  strict: true,
  noEmit: true,
  skipLibCheck: false,
  target: 'ES2023',
  noUnusedLocals: true,
  noUnusedParameters: true,
  noFallthroughCasesInSwitch: true,
  types: ['node'],
};

/**
 * Compiles an app that has `perigee` installed, in a folder of its own.
 * @returns what TypeScript reports; '' without an error
 */
export async function compile(
  files: Readonly<Record<string, string>>,
  compilerOptions: object,
  packageType: 'module' | 'commonjs',
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'perigee-types-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, path] of Object.entries(PACKAGES)) {
    const link = join(folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(ROOT, path), link, 'junction');
  }
  const all = {
    ...files,
    'package.json': JSON.stringify({ type: packageType }),
    'tsconfig.json': JSON.stringify({
      compilerOptions: { ...STRICT, ...compilerOptions },
      files: Object.keys(files),
    }),
  };
  for (const [name, text] of Object.entries(all)) await writeFile(join(folder, name), text);
  try {
    await promisify(execFile)(process.execPath, [TSC, '-p', folder]);
    return '';
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
