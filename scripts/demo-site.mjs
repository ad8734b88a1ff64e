// The demo as a static site: what `npm run build:demo` writes.
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compressFolder } from './compress.mjs';
import { buildDemo, StepError } from './steps.mjs';

/**
 * GitHub Pages would leave out files whose names begin with an underscore. Other sites have this
 * file, too, so its content marks one of ours.
 */
const MARKER = '.nojekyll';
const MARK = 'Written by npm run build:demo, which empties this folder.\n';

/**
 * `out` is the folder to write, which is made anew; `registry` the folder with the models. `site`
 * is the address of the site, `base` its path, `collector` the address of a collector.
 * @typedef {object} SiteOptions
 * @property {string} out
 * @property {string} registry
 * @property {string} [base]
 * @property {string} [site]
 * @property {string} [collector]
 */

/**
 * Builds the site. The packages have to be compiled, and the models published.
 * @param {SiteOptions} options
 * @returns {Promise<{ expires: string }>} until when browsers accept the registry
 */
export async function buildSite(options) {
  await checkSite(options);
  const { out, registry, base = baseOf(options.site), site, collector } = options;
  const { expires } = await timestampOf(registry);
  await buildDemo({ out, base, env: { PERIGEE_SITE: site, PERIGEE_COLLECTOR: collector } });
  const copy = join(out, 'registry');
  await cp(registry, copy, { recursive: true });
  await compressFolder(copy);
  await writeFile(join(out, '404.html'), pageForWrongAddresses(base));
  await writeFile(join(out, MARKER), MARK);
  return { expires };
}

/**
 * Checks the options, before anything takes time.
 * @param {Omit<SiteOptions, 'registry'>} options
 */
export async function checkSite({ out, base = './', site, collector }) {
  checkBase(base);
  checkUrl('--site', site);
  checkUrl('--collector', collector);
  await checkFolder(out);
}

/**
 * @param {string} [site]
 * @returns the path of a site's address
 */
function baseOf(site) {
  return site === undefined ? './' : new URL(site).pathname;
}

/** @param {string} base */
function checkBase(base) {
  if (base === './' || /^\/([\w.~-]+\/)*$/.test(base)) return;
  throw new StepError(
    `--base is "${base}". Expected "./", or a path that begins and ends with "/", such as ` +
      '"/perigee/".',
  );
}

/**
 * @param {string} option
 * @param {string} [address]
 */
function checkUrl(option, address) {
  if (address === undefined) return;
  if (URL.canParse(address) && /^https?:.*\/$/.test(address)) return;
  throw new StepError(
    `${option} is "${address}". Expected an address that ends with "/", such as ` +
      '"https://example.com/perigee/".',
  );
}

/**
 * The folder is emptied, so it must not hold anything else.
 * @param {string} out
 */
async function checkFolder(out) {
  const names = await readdir(out).catch(() => /** @type {string[]} */ ([]));
  const mark = await readFile(join(out, MARKER), 'utf8').catch(() => '');
  if (names.length === 0 || mark === MARK) return;
  throw new StepError(
    `--out is ${out}, which has files that are not of an earlier site (no ${MARKER} of this ` +
      'program), and the folder would be emptied. Empty it, or give a folder of its own.',
  );
}

/**
 * @param {string} registry
 * @returns {Promise<{ expires: string }>}
 */
async function timestampOf(registry) {
  const path = join(registry, 'metadata', 'timestamp.json');
  const text = await readFile(path, 'utf8').catch(() => {
    throw new StepError(`${registry} is no registry: it has no ${path}. Publish the models first.`);
  });
  return JSON.parse(text).signed;
}

/**
 * Hosts show this page for an address that the site does not have. The addresses of the site's own
 * pages follow a "#", so only a wrong link leads here.
 * @param {string} base
 */
function pageForWrongAddresses(base) {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="robots" content="noindex" />
    <title>Page not found · Perigee</title>
    <style>
      body {
        margin: 15vh auto;
        max-width: 32rem;
        padding: 0 1rem;
        font: 1rem/1.5 system-ui, sans-serif;
      }
    </style>
  </head>
  <body>
    <h1>Page not found</h1>
    <p>There is no page at this address. <a href="${base}">Go to the first page</a>.</p>
  </body>
</html>
`;
}
