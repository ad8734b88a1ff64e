import { inLab } from '../browser.mjs';
import { f, mapValues, median, ratio } from '../report/format.mjs';

const FILES = ['mobilenet', 'mobilenet-int8', 'mobilenet-optimised', 'minilm', 'minilm-optimised', 'minilm-int8', 'minilm-int8-optimised'];

export const sessions = {
  name: 'sessions',
  slow: true,
  title: 'Session creation',
  note: 'Milliseconds, median: `loadTiming.createMs` of perigee by name from a warm store, each in a worker of its own, so that the start of the runtime (`start`: the same for a model of 6 KB) is in every figure and is subtracted in the last columns. `-optimised`: the graph as ONNX Runtime leaves it after its portable optimisations, written at build time.',
  async run({ browser, servers, pick, say, leaveOut }) {
    const { ms, leftOut } = await inLab(browser, servers.plain.url, 'sessions', { files: ['mlp', ...FILES], rounds: pick(9, 2) });
    say('');
    leaveOut({ title: 'sessions' }, leftOut);
    return { figures: mapValues(ms, median) };
  },
  table(figures) {
    const start = figures.mlp;
    const net = (file) => figures[file] - start;
    const rows = FILES.filter((file) => figures[file] !== undefined).map((file) => [file, f(figures[file]), f(start), f(net(file)), ratio(net(file), net(file.split('-')[0]))]);
    return [['model', 'create', 'start', 'create − start', '÷ fp32 as it is'], ...rows];
  },
};
