import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DefaultTheme } from 'vitepress';
import { ROOT } from './repository.mjs';

type Item = DefaultTheme.SidebarItem;

const page = (text: string, link: string): Item => ({ text, link: `/${link}` });
const group = (text: string, items: Item[], collapsed = true): Item => ({ text, items, collapsed });

/** The pages in the order in which a reader needs them. */
export function sidebar(): Item[] {
  return [
    group('Start', [page('What Perigee is', '')], false),
    group('Quick starts', QUICK_STARTS, false),
    group('Tutorials', TUTORIALS, false),
    group('Concepts', CONCEPTS, false),
    group('How-to', HOW_TO),
    group('Reference', REFERENCE),
    group('Operate', [...OPERATE, ...runbooks()]),
    group('Compare and look up', HELP, false),
    group('The project', PROJECT),
  ];
}

const QUICK_STARTS = [
  page('All set-ups', 'quick-starts/'),
  page('HTML, without a bundler', 'quick-starts/html'),
  page('Vite', 'quick-starts/vite'),
  page('React', 'quick-starts/react'),
  page('Next.js', 'quick-starts/next'),
  page('Vue', 'quick-starts/vue'),
  page('Svelte', 'quick-starts/svelte'),
  page('Angular', 'quick-starts/angular'),
  page('Web extension', 'quick-starts/extension'),
  page('Node, Deno, Bun', 'quick-starts/node'),
];

const TUTORIALS = [
  page('A model of pictures', 'tutorials/image'),
  page('A model of text', 'tutorials/text'),
  page('A model of rows', 'tabular'),
  page('Frames of a camera', 'tutorials/stream'),
  page('Your first release', 'tutorials/first-release'),
  page('Your first rollback', 'tutorials/first-rollback'),
  page('Your first alert', 'tutorials/first-alert'),
];

const CONCEPTS = [page('Concepts', 'concepts'), page('What a device does', 'on-the-device')];

const HOW_TO = [
  page('Run a model', 'running'),
  page('Set up a bundler', 'bundlers'),
  page('Convert a model', 'how-to/convert'),
  page('Headers of a host', 'how-to/headers'),
  page('Content-Security-Policy', 'how-to/csp'),
  page('CORS', 'how-to/cors'),
  page('Release from CI', 'how-to/ci'),
  page('Mirrors', 'how-to/mirrors'),
  page('Work offline', 'offline'),
  page('Protect privacy', 'privacy'),
  page('Diagnose a device', 'doctor'),
  page('Move from Firebase ML', 'from-firebase-ml'),
];

const API = [
  'perigee',
  'perigee/float16',
  'perigee/offline-app',
  'perigee/service-worker',
  '@perigee/react',
  '@perigee/react/devtools',
  '@perigee/vue',
  '@perigee/svelte',
  '@perigee/vite',
  '@perigee/bindings',
].map((door) => page(door, `reference/api/${door}`));

const PACKAGES = [
  page('perigee', 'packages/perigee'),
  ...['react', 'vue', 'svelte', 'bindings', 'vite', 'cli', 'collector', 'registry', 'profile'].map(
    (name) => page(`@perigee/${name}`, `packages/${name}`),
  ),
  page('create-perigee', 'packages/create-perigee'),
];

const REFERENCE = [
  page('Overview', 'reference/'),
  group('API', API),
  group('Packages', PACKAGES),
  page('Command line', 'reference/cli'),
  page('pipeline.json', 'reference/pipeline-json'),
  page('manifest.json', 'reference/manifest'),
  page('governance.json', 'reference/governance'),
  page('Rules of alerts', 'alerts'),
  page('HTTP API', 'reference/http-api'),
  page('Sizes and limits', 'reference/sizes'),
  page('Browsers', 'browsers'),
  page('Errors', 'errors'),
];

const OPERATE = [
  page('Release a model', 'delivering'),
  page('Keys', 'keys'),
  page('Take a release back', 'rollback'),
  page('Backup and upgrade', 'backups'),
  page('Monitoring', 'monitoring'),
  page('The dashboard', 'dashboard'),
  page('Exports', 'exports'),
  page('Several collectors', 'scaling-out'),
  page('A billion devices', 'scale'),
];

const HELP = [
  page('Comparison', 'comparison'),
  page('Troubleshooting', 'troubleshooting'),
  page('Questions', 'faq'),
  page('Glossary', 'glossary'),
];

const PROJECT = [
  page('Repository', 'project/readme'),
  page('Contributing', 'project/contributing'),
  page('Security', 'project/security'),
  page('Code of conduct', 'project/code-of-conduct'),
  page('Measurements', 'project/measurements'),
  page('The bench', 'project/bench'),
  page('Architecture', 'project/architecture'),
  page('Update algorithm', 'internals/update-algorithm'),
  page('Additions', 'internals/adding'),
  page('TUF client', 'project/tuf'),
];

/** A group with a page for each rule of alerts, by its heading. */
function runbooks(): Item[] {
  const folder = join(ROOT, 'docs', 'runbooks');
  if (!existsSync(folder)) return [];
  const pages = readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => {
      const [, title] = /^# (.*)$/m.exec(readFileSync(join(folder, file), 'utf8')) ?? [];
      const name = file.replace(/\.md$/, '');
      return page((title ?? name).replaceAll('`', ''), `runbooks/${name === 'index' ? '' : name}`);
    });
  return [group('Runbooks', pages)];
}
