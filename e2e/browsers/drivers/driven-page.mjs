// A browser without a driver. Its page fetches expressions from here, evaluates them and sends the
// answers back (driven/page.js).
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { startPrograms } from './programs.mjs';
import { TIMEOUT_MS } from './timeout.mjs';

/** @typedef {import('../types.d.ts').DrivenBrowser} DrivenBrowser */
/** @typedef {{ value?: unknown, error?: string }} Answer */
/** @typedef {{ source: string, leaveFor?: string | undefined, done(answer: Answer): void }} Job */

/**
 * @param {string} binary
 * @param {string} profile folder of the browser's data
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<DrivenBrowser>}
 */
export async function openDriven(binary, profile, env) {
  /** @type {Job[]} */
  const waiting = [];
  /** @type {Map<string, Job>} */
  const sent = new Map();
  let last = 0;
  const server = createServer(async (request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    if (request.method === 'POST') {
      const id = new URL(request.url ?? '', 'http://host').searchParams.get('id') ?? '';
      sent.get(id)?.done(JSON.parse(await text(request)));
      sent.delete(id);
      return void response.end();
    }
    const job = waiting.shift();
    if (!job) return void response.writeHead(204).end();
    last += 1;
    sent.set(String(last), job);
    const { source, leaveFor } = job;
    response.end(JSON.stringify({ id: String(last), source, leaveFor }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  /** @type {ReturnType<typeof startPrograms> | undefined} */
  let programs;

  /**
   * @param {string} source
   * @param {string} [leaveFor] the page goes there after the answer
   */
  const call = async (source, leaveFor) => {
    /** @type {Answer} */
    const { value, error } = await new Promise((resolve, reject) => {
      const late = () => reject(new Error('The page gave no answer in time.'));
      const timer = setTimeout(late, TIMEOUT_MS);
      const done = (/** @type {Answer} */ answer) => {
        clearTimeout(timer);
        resolve(answer);
      };
      waiting.push({ source, leaveFor, done });
    });
    if (error !== undefined) throw new Error(error);
    return value;
  };
  return {
    version: '',
    async goto(url) {
      const page = new URL(`driven.html?work=${port}`, url).href;
      if (programs) return void (await call('null', page));
      const data = { HOME: profile, XDG_DATA_HOME: profile, XDG_CACHE_HOME: profile };
      programs = startPrograms(binary, [page], { ...env, ...data });
    },
    call: (source) => call(source),
    openTab: () => Promise.reject(new Error('A browser without a driver has one tab.')),
    closeTab: () => Promise.reject(new Error('A browser without a driver has one tab.')),
    async close() {
      await programs?.stop();
      server.closeAllConnections();
      server.close();
    },
  };
}
