// Conditions of a release. Each function throws a StepError that names the remedy.
import { run, StepError } from '../steps.mjs';
import { pendingChangesets } from './versions.mjs';

const BRANCH = 'main';

/** @param {readonly string[]} args */
async function git(...args) {
  const { output } = await run('git', args);
  return output.trim();
}

/**
 * Checks that this working tree may be published.
 * @param {string} tree
 * @param {NodeJS.ProcessEnv} env
 */
export async function checkRelease(tree, env) {
  const branch = await git('-C', tree, 'branch', '--show-current');
  if (branch !== BRANCH)
    throw new StepError(
      `Packages are published from the branch ${BRANCH}; this is ` +
        `${branch || 'a commit without a branch'}. Merge it into ${BRANCH} first.`,
    );
  const changed = await changedFiles(tree);
  if (changed.length > 0)
    throw new StepError(
      'These files are not committed, and would not be in the release:\n' +
        `${changed.slice(0, 20).join('\n')}\nCommit or remove them.`,
    );
  const pending = pendingChangesets(tree);
  if (pending.length > 0)
    throw new StepError(
      `These changesets are not in the versions yet: ${pending.join(', ')}. ` +
        `Run "npm run version-packages", and merge its result into ${BRANCH}.`,
    );
  if (!env['NPM_TOKEN'])
    throw new StepError(
      'NPM_TOKEN is not set. It has the token of an npm account that may publish these packages.',
    );
  if (!env['ACTIONS_ID_TOKEN_REQUEST_URL'])
    throw new StepError(
      'npm certifies where a package was built only in GitHub Actions, in a job with the ' +
        'permission "id-token: write". Start the workflow .github/workflows/release.yml.',
    );
}

/**
 * Changed files and files that Git does not know.
 * @param {string} tree
 */
export async function changedFiles(tree) {
  const status = await git('-C', tree, 'status', '--porcelain');
  return status.split('\n').filter(Boolean);
}
