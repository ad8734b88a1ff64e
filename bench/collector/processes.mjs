// Starts the collector and the load, each in a process of its own.
import { fork } from 'node:child_process';
import { on, once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** @typedef {import('./types.d.ts').LoadAnswer} LoadAnswer */

/** @param {string} name */
const file = (name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * @param {object} options
 * @param {readonly string[]} [nodeOptions]
 * @returns {Promise<import('./types.d.ts').Server>}
 */
export async function startServer(options, nodeOptions = []) {
  const child = fork(file('server.process.mjs'), [JSON.stringify(options)], {
    execArgv: ['--expose-gc', ...nodeOptions],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  /** @param {string} what */
  const ask = async (what) => {
    child.send({ what });
    const [answer] = await once(child, 'message');
    return answer;
  };
  const [{ url, error }] = await once(child, 'message');
  if (error) throw new Error(`The collector did not start: ${error}`);
  return {
    url,
    pid: child.pid,
    ask,
    async close() {
      const ended = once(child, 'exit');
      child.send({ what: 'close' });
      await ended;
    },
  };
}

/**
 * A load generator that has its frames ready. `send` resolves to the acknowledged uploads.
 * @param {import('./types.d.ts').LoadOptions} options
 * @returns {Promise<import('./types.d.ts').Load>}
 */
export async function startLoad(options) {
  const child = fork(file('load.process.mjs'), [JSON.stringify(options)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return {
    async send(orders, { onWarm, onOver } = {}) {
      // The iterator keeps messages that come while a callback runs.
      const messages = on(child, 'message', { close: ['exit'] });
      child.send(orders);
      for await (const [answer] of messages) {
        if (answer.warm) await onWarm?.();
        else if (answer.over) await onOver?.();
        else return answer;
      }
      throw new Error('The load generator ended without an answer.');
    },
    close: () => child.kill(),
  };
}
