import { fork } from 'node:child_process';

/** @typedef {import('./types.d.ts').SideResult} SideResult */

/**
 * @typedef {object} Child
 * @property {import('node:child_process').ChildProcess} process
 * @property {{ text: string }} lastWords the end of its error output
 */

/**
 * Gives every item to one of `size` child processes and resolves to their answers, in order. A
 * child that dies, or does not answer in time, costs only its item: { status: 'crashed' | 'timed
 * out' }. Another child takes its place. The script sends 'ready', then answers { id, item } with {
 * id, result }.
 * @template Item
 * @param {readonly Item[]} items
 * @param {import('./types.d.ts').PoolOptions} options
 */
export async function pool(
  items,
  { script, args, size, timeoutMs, onDone = () => undefined, isPoisoned = () => false },
) {
  /** @type {SideResult[]} */
  const results = [];
  let next = 0;

  async function slot() {
    /** @type {Child | undefined} */
    let child;
    while (next < items.length) {
      const id = next++;
      child ??= await start(script, args);
      const { result, dead } = await ask(child, { id, item: items[id] }, timeoutMs);
      results[id] = result;
      onDone(id, result);
      if (dead || isPoisoned(result)) {
        child.process.kill();
        child = undefined;
      }
    }
    child?.process.kill();
  }

  await Promise.all(Array.from({ length: Math.min(size, items.length) }, slot));
  return results;
}

/**
 * @throws if the script ends before it is ready, because every case would fail for the same reason
 * @param {string} script
 * @param {readonly string[]} args
 * @returns {Promise<Child>}
 */
function start(script, args) {
  return new Promise((resolve, reject) => {
    const child = fork(script, args, {
      // The child runs what was built, although Vitest runs sources.
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    });
    const lastWords = { text: '' };
    child.stderr?.on('data', (text) => (lastWords.text = (lastWords.text + text).slice(-2_000)));
    child.once('message', () => resolve({ process: child, lastWords }));
    child.once('exit', (code, signal) =>
      reject(
        new Error(
          `${script} ${args.join(' ')} ended before it was ready ` +
            `(${signal ?? `exit code ${code}`}):\n${lastWords.text}`,
        ),
      ),
    );
  });
}

/**
 * @param {Child} child
 * @param {{ id: number, item: unknown }} message
 * @param {number} timeoutMs
 * @returns {Promise<{ result: SideResult, dead: boolean }>}
 */
function ask({ process: child, lastWords }, message, timeoutMs) {
  return new Promise((resolve) => {
    /** @param {{ result: SideResult, dead: boolean }} outcome */
    const settle = (outcome) => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      resolve(outcome);
    };
    /** @param {{ id: number, result: SideResult }} answer */
    const onMessage = ({ id, result }) => {
      if (id === message.id) settle({ result, dead: false });
    };
    /**
     * @param {number | null} code
     * @param {NodeJS.Signals | null} signal
     */
    const onExit = (code, signal) =>
      settle({
        result: {
          status: 'crashed',
          reason: (
            'the process ended with ' +
            `${signal ?? `exit code ${code}`} ${lastWords.text.trim().split('\n').pop() ?? ''}`
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
