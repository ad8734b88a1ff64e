// npm run bench -- monitor: the collector under load, its answers, its memory, and how often its
// alerts are right.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { ROOT, step, StepError } from '../../scripts/steps.mjs';
import { markdown } from '../report/format.mjs';
import { barChart, lineChart } from '../report/plot.mjs';
import { progress } from '../../scripts/progress.mjs';
import { writeMonitor } from '../report/report.mjs';
import { publishedModel } from './fixture.mjs';
import { SECTIONS } from './sections.mjs';

/** @typedef {import('./types.d.ts').MonitorResults} MonitorResults */

/**
 * @typedef {object} MonitorOptions
 * @property {boolean} quick
 * @property {boolean} write
 * @property {readonly string[] | undefined} [only]
 * @property {number | undefined} [minutes] of the soak
 * @property {number | undefined} [rate] uploads a second of the soak
 */

/**
 * @param {MonitorOptions} options
 * @param {string} out
 */
export async function benchMonitor({ quick, write, only, minutes, rate }, out) {
  const unknown = (only ?? []).find((name) => !SECTIONS.some((section) => section.name === name));
  if (unknown !== undefined)
    throw new StepError(
      `--only: there is no "${unknown}"; there are ${SECTIONS.map(({ name }) => name).join(', ')}.`,
    );
  const folder = join(out, 'monitor');
  const model = await step(
    'Publishing a model of 20 features',
    async () => void (await publishedModel(join(folder, 'model'))),
  ).then(() => publishedModel(join(folder, 'model')));
  const file = join(folder, quick ? 'results-quick.json' : 'results.json');
  /** @returns {MonitorResults} */
  const read = () => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {});
  let results = read();
  const wanted = SECTIONS.filter(({ name }) => !only || only.includes(name));
  for (const [index, { name, title, run }] of wanted.entries()) {
    const { say, done } = progress(`${index + 1}/${wanted.length} ${title}`);
    const load = [loadavg()[0]];
    const figures = await run({
      model,
      referenceFile: join(folder, 'model', 'reference.json'),
      folder,
      peers: join(out, 'peers'),
      pick: (full, few) => (quick ? few : full),
      minutes,
      rate,
      say,
      known: (section) => results[section]?.figures,
    });
    load.push(loadavg()[0]);
    // Another run may have written its sections meanwhile.
    results = { ...read(), [name]: { date: new Date().toISOString(), load, figures } };
    writeFileSync(file, JSON.stringify(results, null, 1));
    done();
  }
  console.log(
    `\n${report(only ? Object.fromEntries(wanted.map(({ name }) => [name, results[name]])) : results)}`,
  );
  writePlots(join(out, 'plots'), results);
  if (write) {
    writeMonitor(join(ROOT, 'bench'), report(results));
    writePlots(join(ROOT, 'bench', 'plots'), results);
  }
}

/** @param {MonitorResults} results */
function report(results) {
  const known = SECTIONS.filter(({ name }) => results[name]);
  const goals = known.flatMap(({ goals: of, name }) =>
    of(results[name].figures).map(({ what, shown, reached }) => [
      what,
      shown,
      reached ? 'yes' : 'no',
    ]),
  );
  const parts = known.map(({ name, title, note, table, more, plot }) => {
    const { date, load, figures } = results[name];
    return [
      `### ${title}`,
      `${note} Measured ` +
        `${date.slice(0, 16).replace('T', ' ')} UTC${
          load
            ? '; load of the machine ' +
              `${load.map((value) => value.toFixed(1)).join(' before, ')} after`
            : ''
        }.`,
      ...(plot ? [`![${plot(figures).title}](plots/${plot(figures).file})`] : []),
      markdown(table(figures)),
      ...(more ? [more(figures)] : []),
    ].join('\n\n');
  });
  const [cpu] = cpus();
  return [
    '## Monitor',
    `Written by \`npm run bench -- monitor --write\` on ${cpus().length} × ${cpu.model}, ` +
      `${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}. The machine is ` +
      `shared. At a load above its ${cpus().length} cores, other programs use a part of them, ` +
      'and times of the clock grow accordingly; CPU figures and simulations do not.',
    markdown([['goal', 'measured', 'reached'], ...goals]),
    ...parts,
  ].join('\n\n');
}

/**
 * @param {string} folder
 * @param {MonitorResults} results
 */
function writePlots(folder, results) {
  mkdirSync(folder, { recursive: true });
  for (const { name, plot } of SECTIONS) {
    if (!plot || !results[name]) continue;
    const chart = plot(results[name].figures);
    writeFileSync(
      join(folder, chart.file),
      chart.kind === 'lines' ? lineChart(chart) : barChart(chart),
    );
  }
}
