// Compares the public API of every published package with the reports in etc/api, so that a change
// of the API shows as a diff in review. `--update` writes the reports anew.
import {
  CompilerState,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
} from '@microsoft/api-extractor';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publishedPackages, typedEntries } from './packages.mjs';
import { main, ROOT, StepError } from './steps.mjs';

const REPORTS = join(ROOT, 'etc', 'api');
const UPDATE = process.argv.includes('--update');
const COMMAND = 'npm run build && npm run check:api -- --update';

/** The same as in tsconfig.base.json, for packages that run in browsers and in Node. */
const COMPILER_OPTIONS = {
  target: 'ES2022',
  lib: ['ES2023', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
  module: 'NodeNext',
  moduleResolution: 'NodeNext',
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  types: ['node'],
};

/** @typedef {{ folder: string, manifest: { name: string }, subpath: string, file: string }} Entry */

await main(async () => {
  mkdirSync(REPORTS, { recursive: true });
  const scratch = mkdtempSync(join(tmpdir(), 'perigee-api-'));
  try {
    const entries = publishedPackages().flatMap((item) =>
      typedEntries(item).map((entry) => ({ ...item, ...entry })),
    );
    const configs = entries.map((entry) => configOf(entry, entries, scratch));
    const [first] = configs;
    if (!first) throw new StepError('No package is published.');
    // One TypeScript program for all entries, because each alone would read the same files again.
    const compilerState = CompilerState.create(first, {
      additionalEntryPoints: entries.map(({ file }) => file),
    });
    const changed = configs.filter((config) => !isUpToDate(config, compilerState));
    if (changed.length > 0) throw new StepError(explain(changed));
    console.log(`${configs.length} reports`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});

/**
 * @param {Entry} entry
 * @param {readonly Entry[]} entries
 * @param {string} scratch
 */
function configOf({ folder, manifest, subpath, file }, entries, scratch) {
  const silent = { default: { logLevel: ExtractorLogLevel.None } };
  return ExtractorConfig.prepare({
    packageJsonFullPath: join(folder, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: file,
      newlineKind: 'lf',
      compiler: {
        overrideTsconfig: {
          compilerOptions: COMPILER_OPTIONS,
          files: entries.map((entry) => entry.file),
        },
      },
      apiReport: {
        enabled: true,
        reportFolder: REPORTS,
        reportTempFolder: scratch,
        reportFileName: reportName(manifest.name, subpath),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        tsdocMessageReporting: silent,
        extractorMessageReporting: {
          ...silent,
          // A type that users meet but cannot name. The report lists it.
          'ae-forgotten-export': { logLevel: ExtractorLogLevel.None, addToApiReportFile: true },
        },
      },
    },
  });
}

/**
 * `@perigee/profile` and `./analysis` → `perigee-profile-analysis`.
 * @param {string} packageName
 * @param {string} subpath
 */
function reportName(packageName, subpath) {
  return `${packageName}${subpath.slice(1)}`.replace('@', '').replaceAll('/', '-');
}

/**
 * @param {ExtractorConfig} config
 * @param {CompilerState} compilerState
 */
function isUpToDate(config, compilerState) {
  const { apiReportChanged, errorCount } = Extractor.invoke(config, {
    compilerState,
    localBuild: UPDATE,
    messageCallback: (message) => {
      message.handled = message.logLevel !== ExtractorLogLevel.Error;
    },
  });
  if (errorCount > 0) throw new StepError(`${config.reportFilePath} could not be made.`);
  return UPDATE || !apiReportChanged;
}

/** @param {readonly ExtractorConfig[]} changed */
function explain(changed) {
  const files = changed.map(({ reportFilePath }) => reportFilePath);
  return [
    'The public API differs from its report:',
    ...files,
    `If the change is meant, run "${COMMAND}", and commit the reports with a changeset.`,
  ].join('\n');
}
