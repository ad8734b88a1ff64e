import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { checkRelease } from './guards.mjs';
import { isPublished } from './publish.mjs';
import { newestChanges, pendingChangesets } from './versions.mjs';

const ENV = { NPM_TOKEN: 'secret', ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1/' };
const EMPTY = '---\n---\n';
const MINOR = "---\n'perigee': minor\n---\n\nA change.\n";

let tree = '';
beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'perigee-release-'));
  onTestFinished(() => rmSync(tree, { recursive: true, force: true }));
  git('init', '--quiet', '--initial-branch=main');
  mkdirSync(join(tree, '.changeset'));
  changeset('README', 'Changesets');
  changeset('empty', EMPTY);
  commit();
});

function git(...args: string[]): void {
  const user = ['-c', 'user.name=test', '-c', 'user.email=test@example.com'];
  const { status, stderr } = spawnSync('git', ['-C', tree, ...user, ...args], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
}

function commit(): void {
  git('add', '.');
  git('commit', '--quiet', '--no-verify', '--message', 'A commit');
}

function changeset(name: string, text: string): void {
  writeFileSync(join(tree, '.changeset', `${name}.md`), text);
}

describe('a release', () => {
  test('is allowed on main, when all is committed and versioned', async () => {
    await expect(checkRelease(tree, ENV)).resolves.toBeUndefined();
  });

  test('is refused on another branch, and on a commit without one', async () => {
    git('switch', '--quiet', '--create', 'topic');
    await expect(checkRelease(tree, ENV)).rejects.toThrow(
      'published from the branch main; this is topic. Merge it into main first.',
    );
    git('switch', '--quiet', '--detach');
    await expect(checkRelease(tree, ENV)).rejects.toThrow('this is a commit without a branch');
  });

  test('is refused when a file is not committed', async () => {
    writeFileSync(join(tree, 'new.txt'), '');
    await expect(checkRelease(tree, ENV)).rejects.toThrow(
      /would not be in the release:\n\?\? new\.txt\nCommit or remove them/,
    );
  });

  test('is refused when changesets are not in the versions', async () => {
    changeset('brave-fox', MINOR);
    commit();
    await expect(checkRelease(tree, ENV)).rejects.toThrow(
      'These changesets are not in the versions yet: brave-fox.md. Run "npm run version-packages"',
    );
  });

  test('is refused without a token, and where npm cannot certify it', async () => {
    await expect(checkRelease(tree, { ...ENV, NPM_TOKEN: '' })).rejects.toThrow(
      'NPM_TOKEN is not set.',
    );
    await expect(checkRelease(tree, { NPM_TOKEN: 'secret' })).rejects.toThrow(
      'Start the workflow .github/workflows/release.yml.',
    );
  });
});

test('a changeset without a package raises no version', () => {
  changeset('brave-fox', MINOR);
  expect(pendingChangesets(tree)).toEqual(['brave-fox.md']);
});

test('finds the newest part of a changelog', () => {
  expect(newestChanges(tree)).toBeUndefined();
  const text = '# perigee\n\n## 0.2.0\n\n### Minor Changes\n\n- New.\n\n## 0.1.0\n\n- First.\n';
  writeFileSync(join(tree, 'CHANGELOG.md'), text);
  expect(newestChanges(tree)).toBe('## 0.2.0\n\n### Minor Changes\n\n- New.');
});

test('names a registry that cannot be asked', async () => {
  const packed = { name: 'perigee', version: '0.1.0', filename: 'perigee-0.1.0.tgz' };
  await expect(isPublished(packed, 'http://127.0.0.1:1/')).rejects.toThrow(
    'http://127.0.0.1:1/ cannot be asked for perigee: ',
  );
});
