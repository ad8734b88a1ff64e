// npm run clickhouse: installs the ClickHouse that the collector's tests run against into
// .perigee/clickhouse, half a gigabyte, from the npm registry alone.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { main, ROOT, run } from '../steps.mjs';
import { FOLDER, isSupported } from './nodes.mjs';

const HERE = join(ROOT, 'scripts/clickhouse');

/**
 * Resolves to a message about the result. Installs nothing if there is no ClickHouse for the
 * platform.
 */
export async function installClickHouse() {
  if (!isSupported())
    return (
      `skipped: there is none for ${process.platform} ${process.arch}, only for Linux x64 with ` +
      'glibc'
    );
  const wanted = createHash('sha256')
    .update(readFileSync(join(HERE, 'package-lock.json')))
    .digest('hex');
  const stamp = join(FOLDER, 'installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return 'up to date';
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  for (const file of ['package.json', 'package-lock.json'])
    copyFileSync(join(HERE, file), join(FOLDER, file));
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', FOLDER]);
  writeFileSync(stamp, wanted);
  return 'installed';
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await main(async () => console.log(`ClickHouse in ${FOLDER}: ${await installClickHouse()}`));
