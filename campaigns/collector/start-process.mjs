// A collector in a process of its own, seen from the campaign that kills it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROCESS = fileURLToPath(new URL('process.mjs', import.meta.url));

/**
 * @typedef {object} ProcessOptions
 * @property {string} dataDir
 * @property {string} registry
 * @property {number} clockMs how far its clock is ahead
 */

/**
 * @typedef {object} CollectorProcess
 * @property {Promise<string>} ready its address once it has started
 * @property {Promise<unknown[]>} ended the exit code
 * @property {() => string} said all that it has printed
 * @property {() => Promise<void>} maintains resolves when its hourly work begins next
 * @property {() => void} close asks it to close
 * @property {() => void} kill
 */

/**
 * @param {ProcessOptions} options
 * @returns {CollectorProcess}
 */
export function startProcess(options) {
  const child = fork(PROCESS, [JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => (said += String(chunk)));
  // A killed process leaves its channel broken.
  child.on('error', () => undefined);
  const ended = once(child, 'exit');
  /** @type {Promise<string>} */
  const url = new Promise((resolve) => {
    child.on('message', (/** @type {import('./process.mjs').Message} */ message) => {
      if ('url' in message) resolve(message.url);
    });
  });
  const failure = ended.then(() => {
    throw new Error(`The collector did not start: ${said}`);
  });
  const ready = Promise.race([url, failure]);
  ready.catch(() => undefined);
  return {
    ready,
    ended,
    said: () => said,
    maintains: () =>
      new Promise((resolve) => {
        const listen = (/** @type {import('./process.mjs').Message} */ message) => {
          if (!('maintains' in message)) return;
          child.off('message', listen);
          resolve();
        };
        child.on('message', listen);
      }),
    close: () => void child.send('close', () => undefined),
    kill: () => void child.kill('SIGKILL'),
  };
}
