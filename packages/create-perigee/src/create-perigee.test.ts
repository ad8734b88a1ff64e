import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';

const PACKAGE = fileURLToPath(new URL('../', import.meta.url));
const BIN = join(PACKAGE, 'bin', 'create-perigee.js');
const read = (...path: string[]) => readFileSync(join(...path), 'utf8');
const { version } = JSON.parse(read(PACKAGE, 'package.json'));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'create-perigee-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

/** Runs the command in the test's folder, without a terminal. */
function create(...args: string[]) {
  const env = { ...process.env, npm_config_user_agent: 'npm/11.0.0 node/v20' };
  const options = { cwd: folder, encoding: 'utf8', env } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], options);
  return { code: status, out: stdout, err: stderr };
}

/** Paths of all files below a folder of the test. */
function filesOf(name: string): string[] {
  return readdirSync(join(folder, name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, name).length + 1))
    .map((path) => path.replaceAll('\\', '/'))
    .sort();
}

const MODEL = ['README.md', 'digits.onnx', 'labels.json', 'samples.json'].map((n) => `model/${n}`);

describe('a template', () => {
  test.each([
    ['vanilla', 'dev', ['index.html', 'src/digits.js', 'src/main.js', 'src/pad.js']],
    ['react', 'dev', ['index.html', 'src/app.tsx', 'src/digits.ts', 'tsconfig.json']],
    ['node', 'start', ['index.js']],
  ])('%s is written whole', (template, script, files) => {
    const { code, out, err } = create('my-app', '--template', template);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`  cd my-app\n  npm install\n  npm run ${script}\n`);
    const all = ['.gitignore', 'README.md', 'package.json', ...MODEL, ...files];
    expect(filesOf('my-app')).toEqual(expect.arrayContaining(all));
    expect(filesOf('my-app')).not.toContain('_gitignore');
    const manifest = JSON.parse(read(folder, 'my-app', 'package.json'));
    expect(manifest).toMatchObject({ name: 'my-app', dependencies: { perigee: `^${version}` } });
    expect(manifest).not.toHaveProperty('overrides');
    expect(Object.keys(manifest.scripts)).toContain(script);
  });

  test('has the model of the demo', () => {
    const model = readFileSync(join(PACKAGE, 'templates/model/digits.onnx'));
    const demo = readFileSync(join(PACKAGE, '../../models/digits/versions/1.1.1/model.onnx'));
    expect(model.equals(demo)).toBe(true);
    const labels = read(PACKAGE, 'templates/model/labels.json');
    expect(JSON.parse(labels)).toEqual(
      JSON.parse(read(PACKAGE, '../../models/digits/labels.json')),
    );
  });
});

test('writes into this folder, and into a fresh Git repository', () => {
  mkdirSync(join(folder, 'here', '.git'), { recursive: true });
  const before = folder;
  folder = join(folder, 'here');
  const { code, out, err } = create('.', '--template', 'node');
  folder = before;
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).not.toContain('cd ');
  expect(JSON.parse(read(folder, 'here', 'package.json')).name).toBe('here');
});

describe('--from', () => {
  const pack = (name: string) => writeFileSync(join(folder, 'packed', name), '');
  beforeEach(() => mkdirSync(join(folder, 'packed')));

  test('names the packed packages', () => {
    for (const name of ['', 'registry-', 'profile-']) pack(`perigee-${name}0.2.0.tgz`);
    pack('create-perigee-0.2.0.tgz');
    const { code, err } = create('app', '--template', 'node', '--from', 'packed');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const at = (name: string) =>
      expect.stringMatching(new RegExp(`^file:.*/packed/${name.replaceAll('.', '\\.')}$`));
    expect(JSON.parse(read(folder, 'app', 'package.json'))).toMatchObject({
      dependencies: { perigee: at('perigee-0.2.0.tgz') },
      overrides: {
        '@perigee/profile': at('perigee-profile-0.2.0.tgz'),
        '@perigee/registry': at('perigee-registry-0.2.0.tgz'),
      },
    });
  });

  test('refuses a folder without perigee, or with two of it', () => {
    const args = ['app', '--template', 'node', '--from'];
    expect(create(...args, 'packed').err).toContain('packed has no packed perigee');
    expect(create(...args, 'absent').err).toContain('absent of --from cannot be read');
    for (const version of ['0.1.0', '0.2.0']) pack(`perigee-${version}.tgz`);
    const { code, err } = create(...args, 'packed');
    expect(code).toBe(1);
    expect(err).toContain('has perigee twice: perigee-0.1.0.tgz and perigee-0.2.0.tgz');
    expect(readdirSync(folder)).toEqual(['packed']);
  });
});

describe('refuses', () => {
  test('a folder that is not empty, and leaves it as it is', () => {
    mkdirSync(join(folder, 'full'));
    for (const name of ['a', 'b', 'c', 'd', 'e']) writeFileSync(join(folder, 'full', name), name);
    const { code, err } = create('full', '--template', 'vanilla');
    expect(code).toBe(1);
    expect(err).toMatch(/full is not empty: it has a, b, c and 2 others\. Choose a new or/);
    expect(filesOf('full')).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('a file in place of the folder', () => {
    writeFileSync(join(folder, 'file'), 'kept');
    const { code, err } = create('file', '--template', 'vanilla');
    expect(code).toBe(1);
    expect(err).toContain('file is a file. Choose another name.');
    expect(read(folder, 'file')).toBe('kept');
  });

  test.each(['My App', 'Ümlaut', '.hidden', 'node_modules'])('the name %s', (name) => {
    const { code, err } = create(name, '--template', 'node');
    expect(code).toBe(1);
    expect(err).toContain(`✗ "${name}" cannot be the name of an npm package. Choose a folder of`);
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each([
    [['app', '--template', 'vue'], 'There is no template "vue". The templates are: vanilla, react'],
    [['app', '--tempalte', 'react'], "Unknown option '--tempalte'"],
    [['my', 'app'], 'There is more than one folder: my, app.'],
    [[], 'Name a folder and a template, because there is no terminal to ask in'],
    [['app'], 'Name a template, because there is no terminal to ask in'],
  ])('the arguments %j', (args, message) => {
    const { code, err } = create(...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err).not.toMatch(/^ +at /m);
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('shows help and version', () => {
  const help = create('--help');
  expect(help.code).toBe(0);
  for (const word of ['vanilla', 'react', 'node', '--from <folder>'])
    expect(help.out).toContain(word);
  expect(Math.max(...help.out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(create('--version').out).toBe(`${version}\n`);
});

/** `script` of util-linux gives a program a terminal. Other systems call it in other ways. */
const hasTerminals = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes(
  'util-linux',
);

describe.runIf(hasTerminals)('in a terminal', () => {
  /** Runs the command in a terminal. Sends each key when the words before it are shown. */
  async function answer(...keys: (readonly [shown: string, key: string])[]) {
    // A new terminal has no size, and would break every line after one letter.
    const command = `stty cols 100 rows 30; "${process.execPath}" "${BIN}"`;
    const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: folder });
    let out = '';
    const waiting = [...keys];
    child.stdout.on('data', (text) => {
      out += text;
      const [shown, key] = waiting[0] ?? [];
      if (shown === undefined || !out.includes(shown)) return;
      waiting.shift();
      child.stdin.write(key);
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    return { code, out };
  }

  test('asks for the folder and the template', async () => {
    const down = '\u001B[B';
    const { code, out } = await answer(
      ['Folder of the app', 'asked\r'],
      ['Kind of app', `${down}${down}\r`],
    );
    expect({ code, out }).toMatchObject({ code: 0 });
    expect(filesOf('asked')).toContain('index.js');
    expect(out).toContain('npm run start');
  });

  test('writes nothing when it is stopped', async () => {
    const { code, out } = await answer(['Folder of the app', '\u0003']);
    expect({ code, out }).toMatchObject({ code: 1 });
    expect(out).toContain('Nothing was written.');
    expect(readdirSync(folder)).toEqual([]);
  });
});
