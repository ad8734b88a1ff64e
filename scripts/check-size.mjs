// Minified and gzipped bytes of what users import, against limits. Prints a table.
import { build } from 'esbuild';
import { gzipSync } from 'node:zlib';
import { ROOT, main, StepError } from './steps.mjs';

const CASES = [
  { name: 'perigee, everything on the main thread', code: "export * from 'perigee';", limitBytes: 12 * 1024 },
  { name: 'perigee, loadModel only', code: "export { loadModel } from 'perigee';", limitBytes: 12 * 1024 },
  {
    name: '@perigee/profile, what a device needs',
    code: "export { createCounters, mergeProfiles, encodeProfile, decodeProfile, encodeBatch, encodeFrame, parseReference } from '@perigee/profile';",
    limitBytes: 6 * 1024,
  },
];

await main(async () => {
  const rows = [];
  for (const { name, code, limitBytes } of CASES) {
    const { outputFiles } = await build({
      stdin: { contents: code, resolveDir: `${ROOT}/bench`, loader: 'js' },
      bundle: true, minify: true, write: false, format: 'esm', platform: 'browser', target: 'es2022', legalComments: 'none',
    });
    rows.push({ name, bytes: gzipSync(outputFiles[0].contents, { level: 9 }).byteLength, limitBytes });
  }
  for (const { name, bytes, limitBytes } of rows) console.log(`${name.padEnd(45)} ${String(bytes).padStart(6)} B of ${limitBytes} B`);
  const over = rows.filter(({ bytes, limitBytes }) => bytes > limitBytes);
  if (over.length > 0) throw new StepError(over.map(({ name, bytes, limitBytes }) => `${name}: ${bytes} bytes min+gzip, the limit is ${limitBytes}.`).join('\n'));
  console.log(`largest main-thread bundle ${rows[0].bytes} B`);
});
