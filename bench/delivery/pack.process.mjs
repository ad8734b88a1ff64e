// node pack.process.mjs pack|runtime <file> <folder>: packs the model, or opens it by its path and
// runs it once. Prints the highest resident memory of this process, as JSON. Linux only.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../scripts/steps.mjs';

const [side, file, folder] = process.argv.slice(2);
const start = performance.now();
process.on('exit', () => {
  // The system's count of a process's highest memory includes that of its parent when it began.
  const [, kilobytes] = /VmHWM:\s+([0-9]+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  console.log(JSON.stringify({ peak: Number(kilobytes) * 1_024, ms: performance.now() - start }));
});

if (side === 'pack') {
  const cli = join(ROOT, 'packages', 'cli', 'bin', 'perigee.js');
  const out = join(folder, 'releases');
  const options = ['--name', 'heavy', '--version', '1.0.0', '--golden-count', '1', '--out', out];
  process.argv = [process.argv[0], cli, 'pack', file].concat(options);
  await import(cli);
} else {
  const ort = await import('onnxruntime-node');
  const session = await ort.InferenceSession.create(file, { logSeverityLevel: 3 });
  await session.run({ input: new ort.Tensor(new Float32Array(2_048).fill(0.5), [1, 2_048]) });
}
