// Starts the collector and the load, each in a process of its own.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const file = (name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * @returns {{ url: string, ask(what: string): Promise<any>, close(): Promise<void>,
 *   kill(): Promise<void> }}
 */
export async function startServer(options, nodeOptions = []) {
  const child = fork(file('server.process.mjs'), [JSON.stringify(options)], {
    execArgv: ['--expose-gc', ...nodeOptions],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
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

/** A load generator that has its frames ready. `send` resolves to the acknowledged uploads. */
export async function startLoad(options) {
  const child = fork(file('load.process.mjs'), [JSON.stringify(options)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return {
    async send(orders, { onWarm, onOver } = {}) {
      child.send(orders);
      for (;;) {
        const [answer] = await once(child, 'message');
        if (answer.warm) await onWarm?.();
        else if (answer.over) await onOver?.();
        else return answer;
      }
    },
    close: () => child.kill(),
  };
}
