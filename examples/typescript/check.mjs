// Checks the types of every entry point of the installed packages, with those of all that they
// depend on, for each way to resolve modules.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const ours = Object.keys(dependencies).filter((name) => name.includes('perigee'));
const doors = ours.flatMap((name) => {
  const { exports } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'));
  return Object.keys(exports)
    .filter((door) => exports[door].types)
    .map((door) => name + door.slice(1));
});
const isCommonJs = (door) => /^perigee(\/webgpu|\/tfjs)?$/.test(door);
const imports = doors.map((door, i) => `export * as door${i} from '${door}';\n`);
const requires = doors
  .filter(isCommonJs)
  .map((door, i) => `import door${i} = require('${door}');\nvoid door${i};\n`);
writeFileSync('doors.cts', requires.join(''));

const flags = [
  '--ignoreConfig',
  '--noEmit',
  '--strict',
  '--skipLibCheck',
  'false',
  '--target',
  'es2022',
];
const types = ['--types', 'node', '--jsx', 'react-jsx'];
for (const lib of ['es2023,dom,dom.iterable', 'es2023']) {
  // Bindings of frameworks and the page's side of an offline app need the types of a page.
  const known = imports.filter(
    (line) => lib.includes('dom') || !/react|bindings|offline-app/.test(line),
  );
  writeFileSync('doors.mts', known.join(''));
  for (const [module, resolution, files] of [
    ['esnext', 'bundler', ['doors.mts']],
    ['node16', 'node16', ['doors.mts', 'doors.cts']],
    ['nodenext', 'nodenext', ['doors.mts', 'doors.cts']],
  ]) {
    const ways = ['--module', module, '--moduleResolution', resolution, '--lib', lib];
    const args = ['tsc', ...files, ...flags, ...types, ...ways];
    execFileSync('npx', args, { stdio: 'inherit' });
  }
}
