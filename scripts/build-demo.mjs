// npm run build:demo: writes the demo as a folder for any static host.
import { parseArgs } from 'node:util';
import { join, relative, resolve } from 'node:path';
import { buildSite, checkSite } from './demo-site.mjs';
import { compile, install, main, node, ROOT, step, StepError } from './steps.mjs';

const DEFAULT_OUT = join('.perigee', 'demo-site');
const REGISTRY = join(ROOT, '.perigee', 'registry');

const HELP = `Writes the demo as a folder for any static host, with its signed registry.

npm run build:demo -- [options]

  --site URL        address of the site, such as https://example.com/perigee/. Links to the site
                    show its picture only with it
  --base PATH       path of the site on its host, such as /perigee/. Default: the path of --site,
                    or ./, which fits every path but for the host's page for wrong addresses
  --collector URL   address of a collector that takes the counts of visitors. Default: none,
                    and nothing is counted
  --out FOLDER      folder to write, made anew. Default: ${DEFAULT_OUT}
  --help            show this

The registry's signatures are valid for 30 days. Build and upload the site again before, for
example once a week.`;

await main(async () => {
  const { help, ...options } = readOptions();
  if (help) return console.log(HELP);
  const out = resolve(options.out);
  await checkSite({ ...options, out });
  await step('Installing dependencies', install);
  await step('Compiling packages', compile);
  await step('Publishing the demo models', () =>
    node('models/publish.mjs', [REGISTRY]).then(() => undefined),
  );
  let expires = '';
  await step('Building the site', async () => {
    ({ expires } = await buildSite({ ...options, out, registry: REGISTRY }));
  });
  console.log(`\nThe site is in ${relative(ROOT, out)}`);
  console.log(`Its signatures are valid until ${expires.slice(0, 10)}: build it again before.`);
});

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        base: { type: 'string' },
        site: { type: 'string' },
        collector: { type: 'string' },
        out: { type: 'string', default: DEFAULT_OUT },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    const [message] = String(error instanceof Error ? error.message : error).split('. ');
    throw new StepError(`${message}. "npm run build:demo -- --help" lists the options.`);
  }
}
