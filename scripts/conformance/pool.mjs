import { fork } from 'node:child_process';

/**
 * Gives every item to one of `size` child processes and resolves to their answers, in order. A
 * child that dies, or does not answer in time, costs only its item: { status: 'crashed' | 'timed
 * out' }. Another child takes its place. The script sends 'ready', then answers { id, item } with {
 * id, result }.
 */
export async function pool(
  items,
  { script, args, size, timeoutMs, onDone = () => undefined, isPoisoned = () => false },
) {
  const results = [];
  let next = 0;

  async function slot() {
    let child;
    while (next < items.length) {
      const id = next++;
      child ??= await start(script, args);
      const { result, dead } = await ask(child, { id, item: items[id] }, timeoutMs);
      results[id] = result;
      onDone(id, result);
      if (dead || isPoisoned(result)) {
        child.kill();
        child = undefined;
      }
    }
    child?.kill();
  }

  await Promise.all(Array.from({ length: Math.min(size, items.length) }, slot));
  return results;
}

/**
 * @throws if the script ends before it is ready, because every case would fail for the same reason
 */
function start(script, args) {
  return new Promise((resolve, reject) => {
    const child = fork(script, args, {
      // The child runs what was built, although Vitest runs sources.
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    });
    child.lastWords = '';
    child.stderr.on('data', (text) => (child.lastWords = (child.lastWords + text).slice(-2_000)));
    child.once('message', () => resolve(child));
    child.once('exit', (code, signal) =>
      reject(
        new Error(
          `${script} ${args.join(' ')} ended before it was ready ` +
            `(${signal ?? `exit code ${code}`}):\n${child.lastWords}`,
        ),
      ),
    );
  });
}

function ask(child, message, timeoutMs) {
  return new Promise((resolve) => {
    const settle = (outcome) => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      resolve(outcome);
    };
    const onMessage = ({ id, result }) => {
      if (id === message.id) settle({ result, dead: false });
    };
    const onExit = (code, signal) =>
      settle({
        result: {
          status: 'crashed',
          reason: (
            'the process ended with ' +
            `${signal ?? `exit code ${code}`} ${child.lastWords.trim().split('\n').pop() ?? ''}`
          ).trim(),
        },
        dead: true,
      });
    const timer = setTimeout(
      () =>
        settle({
          result: { status: 'timed out', reason: `no answer in ${timeoutMs / 1000} s` },
          dead: true,
        }),
      timeoutMs,
    );
    child.on('message', onMessage);
    child.once('exit', onExit);
    if (child.exitCode !== null || child.signalCode !== null)
      onExit(child.exitCode, child.signalCode);
    else child.send(message, () => undefined);
  });
}
