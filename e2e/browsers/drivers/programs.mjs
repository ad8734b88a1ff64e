import { spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';

const WAIT_MS = 15_000;

/**
 * Starts a program that needs a screen, and a virtual screen if there is no other.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ stop(): Promise<void> }}
 */
export function startPrograms(command, args, env) {
  const given = process.env.DISPLAY;
  const display = given ?? `:${100 + Math.floor(Math.random() * 9_000)}`;
  const screen = given ? [] : [start('Xvfb', [display, '-screen', '0', '1280x900x24'], {})];
  const program = start(command, args, { ...env, DISPLAY: display });
  return {
    async stop() {
      for (const child of [program, ...screen]) await end(child);
    },
  };
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
function start(command, args, env) {
  return spawn(command, args, { stdio: 'ignore', env: { ...process.env, ...env } });
}

/** @param {import('node:child_process').ChildProcess} child */
async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await ended;
}

/**
 * Waits until a check answers true.
 * @param {string} what
 * @param {() => Promise<boolean> | boolean} check
 */
export async function until(what, check, limitMs = WAIT_MS) {
  const end = Date.now() + limitMs;
  while (Date.now() < end) {
    if (await attempt(check).catch(() => false)) return;
    await wait(100);
  }
  throw new Error(`${what} did not start or answer within ${limitMs / 1000} s.`);
}

/**
 * @template T
 * @param {() => Promise<T> | T} work
 */
async function attempt(work) {
  return work();
}
