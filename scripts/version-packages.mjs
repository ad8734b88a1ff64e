// npm run version-packages: changesets become versions and CHANGELOG.md files, in this working
// tree. Commit the result; it becomes the next release.
import { main, npm, ROOT, step } from './steps.mjs';
import { applyChangesets, pendingChangesets } from './release/versions.mjs';

await main(async () => {
  const pending = pendingChangesets(ROOT);
  if (pending.length === 0) return console.log('No changeset raises a version.');
  await step(`Applying ${pending.length} changesets`, () => applyChangesets(ROOT));
  await step('Writing the versions into package-lock.json', () =>
    npm(ROOT, ['install', '--package-lock-only', '--ignore-scripts']),
  );
});
