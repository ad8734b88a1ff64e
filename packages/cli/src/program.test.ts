import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { perigee } from './commands/operator.fixture.ts';
import { BIN, MODELS, WDBC } from './program.fixture.ts';

test.each([
  [['pack', 'nothing.onnx', '--name', 'x', '--version', '1.0.0'], 1, 'there is no such file'],
  [['pack', join(MODELS, 'wdbc/README.md'), '--name', 'x', '--version', '1.0.0'], 1, 'not'],
  [['pack', WDBC, '--name', 'x'], 2, "required option '--version"],
  [['pack', WDBC, '--name', 'X', '--version', '1.0.0'], 2, 'expected a model name'],
  [['pack', WDBC, '--name', 'x', '--version', '1.0'], 2, 'expected a semantic version'],
  [
    ['pack', WDBC, '--name', 'x', '--version', '1.0.0', '--golden-count', 'many'],
    2,
    'expected a whole number from 1 to 64',
  ],
  [
    ['pack', WDBC, '--name', 'x', '--version', '1.0.0', '--variants', 'fp32,bf16'],
    2,
    'expected a list of fp32, fp16, int8, int8-dynamic, like fp32,fp16.',
  ],
  [
    ['pack', WDBC, '--name', 'x', '--version', '1.0.0', '--max-loss', '2'],
    2,
    'expected a number from 0 to 1',
  ],
  [['publish', 'digits', '--to', 'x'], 2, 'expected name@version'],
  [['publish', 'digits@1.0.0', '--to', 'https://models.example.com/'], 2, 'expected a folder'],
  [
    ['publish', 'digits@1.0.0', '--to', '/nowhere', '--from', '/nowhere'],
    1,
    'There is no packed release digits@1.0.0',
  ],
  [
    ['publish', 'digits@1.0.0', '--to', 'x', '--channel', '__proto__'],
    2,
    'expected a channel name',
  ],
  [['revoke', 'digits', '--to', 'x', '--reason', 'y'], 2, '✗ expected name@version'],
  [
    ['revoke', 'digits@1.0.0', '--below', '1.0.0', '--to', 'x', '--reason', 'y'],
    2,
    '✗ expected a model name',
  ],
  [
    ['experiment', 'digits', '--id', 'x', '--arm', 'a=1:10', '--to', 'x'],
    2,
    '✗ expected a semantic version',
  ],
  [
    ['experiment', 'digits', '--id', 'x', '--arm', 'a=1.0.0:101', '--to', 'x'],
    2,
    '✗ expected a number from 0 to 100',
  ],
  [['promote', 'digits@1.0.0', '--to', '/nowhere'], 1, 'is not a registry'],
  [['collector', '--port', '70000'], 2, 'expected a whole number from 0 to 65535'],
  [['collector', '--clickhouse', 'localhost'], 1, 'expected an address like https://'],
  [['collector', '--clickhouse', 'http://me:secret@localhost/'], 1, 'PERIGEE_CLICKHOUSE_PASSWORD'],
  [['collector', '--rollback-to', 'r'], 1, 'give --registry too'],
  [
    ['collector', '--rollback-to', 'r', '--registry', 'r'],
    1,
    'set PERIGEE_COLLECTOR_ADMIN_KEY too',
  ],
  [['collector', '--clickhouse-cluster', 'perigee'], 1, 'needs --clickhouse <url>'],
  [['collector', '--clickhouse', 'http://127.0.0.1:9/'], 1, 'ClickHouse at 127.0.0.1:9'],
  [['inspect', join(MODELS, 'wdbc')], 1, 'is neither a registry nor a packed release'],
  [
    ['inspect', join(MODELS, 'digits/labels.json')],
    1,
    'labels.json: the document: expected an object',
  ],
  [['inspect', 'wdbc@stable', '--registry', '/nowhere'], 1, '/nowhere is not a registry'],
  [[], 2, 'Usage: perigee'],
  [['inspect', '/nowhere'], 1, 'There is no file or folder'],
  [['frobnicate'], 2, 'unknown command'],
])('%j ends with exit code %i and says why', async (args, code, message) => {
  const result = await perigee(...args);
  expect(result.code).toBe(code);
  expect(result.err).toContain(message);
});

test('every command has help with examples', async () => {
  for (const command of ['pack', 'publish', 'promote', 'inspect', 'collector']) {
    const { code, out } = await perigee(command, '--help');
    expect({
      code,
      hasExamples: /Examples:\n {2}perigee /.test(out),
      hasJson: out.includes('--json'),
    }).toEqual({ code: 0, hasExamples: true, hasJson: true });
  }
  expect((await perigee('--version')).out).toMatch(/^\d+\.\d+\.\d+/);
});

test('the built command runs, helps, and tells its exit code', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [BIN, 'pack', '--help']);
  expect(stdout).toContain('Examples:');
  expect((await promisify(execFile)(process.execPath, [BIN, 'inspect', WDBC])).stdout).toMatch(
    /input\s+features\s+float32\s+\[batch, 30\]/,
  );
  await expect(
    promisify(execFile)(process.execPath, [BIN, 'inspect', '/nowhere']),
  ).rejects.toMatchObject({ code: 1 });
});
