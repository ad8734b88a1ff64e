// Tabs of one browser profile, while they predict and send: pages crash, are closed or lose their
// network, and the whole browser is killed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { MODEL, inputOf } from '../shared/traced-registry.mjs';

const ARGS = [
  '--headless=new',
  '--no-sandbox',
  '--remote-debugging-port=0',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-gpu',
];
const TABS = 3;
const PREDICTIONS = 30;
const PAUSE_MS = 650;
const DRAIN_MS = 60_000;
/** The events and their shares in percent. */
const KILLS = {
  'a page crashes': 44,
  'a tab is closed': 22,
  'a browser is killed': 8,
  offline: 13,
  'connections break': 13,
};

export async function killTabs({
  profile,
  kills,
  executablePath,
  front,
  ledger,
  random,
  progress,
}) {
  const seen = Object.fromEntries(Object.keys(KILLS).map((what) => [what, 0]));
  const faults = [];
  let browser = await launch(profile, executablePath);
  let tabs = [];
  const open = async () => {
    for (const old of tabs.filter(({ gone }) => gone)) tabs.splice(tabs.indexOf(old), 1);
    while (tabs.length < TABS) tabs.push(await openTab());
  };

  async function openTab() {
    const page = await browser.context.newPage();
    const tab = { page, gone: false, ready: false };
    page.on('console', (message) => {
      const [what, from, to] = message.text().split(' ');
      if (what === 'recorded') ledger.record(Number(from), Number(to));
      if (what === 'ready') tab.ready = true;
      // Without network a page's workers may not load; the tab is opened again.
      if (what === 'fault' && !['WORKER_CRASHED', 'NETWORK'].includes(from))
        faults.push(`a page: ${message.text()}`);
    });
    // Inputs are made here, because the page does not know how predictions are told apart.
    void predict(tab).catch(() => (tab.gone = true));
    return tab;
  }

  async function predict(tab) {
    await tab.page.goto(front.url);
    await tab.page.waitForFunction(() => document.title === 'lab ready');
    while (!tab.gone) {
      const { from, to } = ledger.take(PREDICTIONS);
      await tab.page.evaluate(work, {
        url: front.url,
        model: MODEL,
        from,
        inputs: Array.from({ length: to - from }, (_, i) => inputOf(from + i)),
      });
    }
  }

  for (let done = 0; done < kills; done += 1) {
    await open();
    await until(() => tabs.some(({ ready, gone }) => ready || gone), 20_000);
    await passed(random() * PAUSE_MS);
    const what = drawn(random);
    seen[what] += 1;
    const tab = tabs[Math.floor(random() * tabs.length)];
    if (what === 'a page crashes') {
      tab.gone = true;
      const session = await browser.context.newCDPSession(tab.page).catch(() => undefined);
      // A page that crashed does not answer.
      void session?.send('Page.crash').catch(() => undefined);
      await Promise.race([tab.page.waitForEvent('crash').catch(() => undefined), passed(2_000)]);
      await Promise.race([tab.page.close().catch(() => undefined), passed(2_000)]);
    } else if (what === 'a tab is closed') {
      tab.gone = true;
      await Promise.race([tab.page.close().catch(() => undefined), passed(2_000)]);
    } else if (what === 'a browser is killed') {
      tabs.forEach((one) => (one.gone = true));
      browser.kill();
      await browser.ended;
      tabs = [];
      browser = await launch(profile, executablePath);
    } else if (what === 'offline') {
      await browser.context.setOffline(true).catch(() => undefined);
      await passed(random() * 700);
      await browser.context.setOffline(false).catch(() => undefined);
    } else {
      front.cut(true);
      await passed(random() * 500);
      front.cut(false);
    }
    progress(done + 1, kills);
  }

  // The kills are over: a browser on the same profile sends everything that is left.
  tabs.forEach((one) => (one.gone = true));
  browser.kill();
  await browser.ended;
  front.calm(true);
  browser = await launch(profile, executablePath);
  const page = await browser.context.newPage();
  await page.goto(front.url);
  await page.waitForFunction(() => document.title === 'lab ready');
  const { left, lost } = await page.evaluate(drain, { url: front.url, forMs: DRAIN_MS });
  if (left !== 0) faults.push(`${left} windows and batches are not sent after all`);
  browser.kill();
  await browser.ended;
  front.calm(false);
  return { seen, faults, pendingLost: lost, leftovers: 0 };
}

/**
 * Runs in the page: predicts and sends, a few at a time, and reports which predictions are in the
 * store.
 */
async function work({ url, model: name, from, inputs }) {
  try {
    globalThis.perigee ??= globalThis.lab.createPerigee({
      registry: '/registry/',
      telemetry: { url, intervalMs: 1_000 },
    });
    globalThis.model ??= await globalThis.perigee.load(name, { update: 'local', backend: 'cpu' });
    console.log('ready');
    let told = 0;
    for (let next = 0; next < inputs.length;) {
      for (
        let left = 1 + Math.floor(Math.random() * 4);
        left > 0 && next < inputs.length;
        left -= 1, next += 1
      )
        await globalThis.model.predict(inputs[next]);
      await globalThis.perigee.telemetry.flush();
      console.log(`recorded ${from + told} ${from + next}`);
      told = next;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  } catch (error) {
    console.log(`fault ${error?.code} ${error?.message}`);
    throw error;
  }
}

async function drain({ url, forMs }) {
  const perigee = globalThis.lab.createPerigee({
    registry: '/registry/',
    telemetry: { url, intervalMs: 3_600_000 },
  });
  const until = Date.now() + forMs;
  let status = await perigee.telemetry.flush();
  while (status.queued > 0 && Date.now() < until) status = await perigee.telemetry.flush();
  const { next, queued } = await perigee.telemetry.preview();
  return { left: next.length + queued.length, lost: status.lost };
}

async function launch(profile, executablePath) {
  for (const name of ['DevToolsActivePort', 'SingletonLock', 'SingletonCookie', 'SingletonSocket'])
    rmSync(join(profile, name), { force: true });
  const child = spawn(
    executablePath ?? chromium.executablePath(),
    [...ARGS, `--user-data-dir=${profile}`, 'about:blank'],
    { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  );
  const ended = once(child, 'exit');
  const endpoint = await new Promise((resolve, reject) => {
    let text = '';
    child.stderr.on('data', (chunk) => {
      text += chunk;
      const found = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
      if (found) resolve(found);
    });
    child.once('exit', () => reject(new Error(`Chromium ended: ${text.slice(-500)}`)));
  });
  const [context] = (await chromium.connectOverCDP(endpoint)).contexts();
  return {
    context,
    ended,
    // Kill the whole process group: the renderer, storage and network processes die with it.
    kill: () =>
      void (
        child.exitCode === null &&
        child.signalCode === null &&
        process.kill(-child.pid, 'SIGKILL')
      ),
  };
}

function drawn(random) {
  let left = random() * 100;
  return Object.keys(KILLS).find((what) => (left -= KILLS[what]) < 0) ?? 'a page crashes';
}

async function until(holds, ms) {
  for (const end = Date.now() + ms; Date.now() < end && !holds();) await passed(20);
}

const passed = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
