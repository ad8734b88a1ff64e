import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CollectorOptions } from '@perigee/collector';
import { onTestFinished } from 'vitest';

const SCRIPT =
  `const { startCollector } = await import('@perigee/collector'); console.log((await ` +
  'startCollector({ port: 0, uploadsPerMinute: 1e6, ...JSON.parse(process.argv[1]) })).url);';

/** A collector in its own process, which tests kill without a chance to clean up. */
export async function startProcess(
  options: Pick<CollectorOptions, 'dataDir' | 'everyMs' | 'registry' | 'store'>,
): Promise<{ readonly url: string; kill(): Promise<unknown> }> {
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', SCRIPT, JSON.stringify(options)],
    { cwd: fileURLToPath(new URL('../..', import.meta.url)), stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exit = once(child, 'exit');
  const kill = (): Promise<unknown> => {
    child.kill('SIGKILL');
    return exit;
  };
  onTestFinished(async () => void (await kill()));
  const [url] = (await once(child.stdout, 'data')) as [Buffer];
  return { url: String(url).trim(), kill };
}
