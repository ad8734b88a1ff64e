// Tabs of one browser profile, while they predict and send: pages crash, are closed or lose their
// network, and the whole browser is killed.
import { setTimeout as wait } from 'node:timers/promises';
import { launchChromium } from '../shared/killable-chromium.mjs';
import { MODEL, inputOf } from '../shared/traced-registry.mjs';
import { drawWeighted } from './draw-weighted.mjs';
import { drainInPage, predictInPage } from './in-page.mjs';

const TABS = 3;
const PREDICTIONS = 30;
const PAUSE_MS = 650;
const DRAIN_MS = 60_000;
const READY_MS = 20_000;
/** A crashed page may never answer. */
const CLOSE_MS = 2_000;
/** Faults that a page without network may have. The tab is opened again. */
const EXPECTED_FAULTS = ['WORKER_CRASHED', 'NETWORK'];
/** Faults of a page that cannot load the script of its worker, because the browser is offline. */
const EXPECTED_OFFLINE = ['BACKEND_UNAVAILABLE'];

/** The events and their shares in percent. */
const SHARES = {
  'a page crashes': 44,
  'a tab is closed': 22,
  'a browser is killed': 8,
  offline: 13,
  'connections break': 13,
};

/** @typedef {keyof typeof SHARES} Event */
/** @typedef {import('../shared/killable-chromium.mjs').KillableChromium} KillableChromium */
/**
 * @typedef {object} Tab
 * @property {import('@playwright/test').Page} page
 * @property {boolean} gone
 * @property {boolean} ready whether its model is loaded
 * @property {boolean} wasOffline whether the browser was offline before the model was loaded
 */

/**
 * @typedef {object} TabCampaign
 * @property {import('./campaign.mjs').Shared} shared
 * @property {() => Promise<KillableChromium>} launch on the same profile
 * @property {KillableChromium} browser
 * @property {Tab[]} tabs
 * @property {string[]} faults
 */

/**
 * @param {import('./campaign.mjs').Shared} shared
 * @param {object} options
 * @param {string} options.profile folder
 * @param {number} options.kills
 * @param {string | undefined} options.executablePath
 * @param {(done: number, of: number) => void} options.progress
 * @returns {Promise<import('./campaign.mjs').Killed>}
 */
export async function killTabs(shared, { profile, kills, executablePath, progress }) {
  const launch = () => launchChromium(profile, { executablePath });
  /** @type {TabCampaign} */
  const campaign = { shared, launch, browser: await launch(), tabs: [], faults: [] };
  const seen = new Map(Object.keys(SHARES).map((what) => [what, 0]));
  for (let done = 0; done < kills; done += 1) {
    await openTabs(campaign);
    await until(() => campaign.tabs.some(({ ready, gone }) => ready || gone), READY_MS);
    await wait(shared.random() * PAUSE_MS);
    const event = drawWeighted(shared.random, SHARES);
    seen.set(event, (seen.get(event) ?? 0) + 1);
    const tab = campaign.tabs[Math.floor(shared.random() * campaign.tabs.length)];
    if (tab) await EVENTS[event](campaign, tab);
    progress(done + 1, kills);
  }
  const pendingLost = await drainAll(campaign);
  return { seen: Object.fromEntries(seen), faults: campaign.faults, pendingLost, leftovers: 0 };
}

/** @type {Readonly<Record<Event, (campaign: TabCampaign, tab: Tab) => Promise<void>>>} */
const EVENTS = {
  async 'a page crashes'({ browser }, tab) {
    tab.gone = true;
    const session = await browser.context.newCDPSession(tab.page).catch(() => undefined);
    void session?.send('Page.crash').catch(() => undefined);
    const crashed = tab.page.waitForEvent('crash').catch(() => undefined);
    await Promise.race([crashed, wait(CLOSE_MS)]);
    await closePage(tab);
  },
  async 'a tab is closed'(_, tab) {
    tab.gone = true;
    await closePage(tab);
  },
  async 'a browser is killed'(campaign) {
    await killBrowser(campaign);
    campaign.tabs = [];
    campaign.browser = await campaign.launch();
  },
  async offline({ browser, shared, tabs }) {
    for (const open of tabs) open.wasOffline ||= !open.ready;
    await browser.context.setOffline(true).catch(() => undefined);
    await wait(shared.random() * 700);
    await browser.context.setOffline(false).catch(() => undefined);
  },
  async 'connections break'({ shared }) {
    shared.front.isCut = true;
    await wait(shared.random() * 500);
    shared.front.isCut = false;
  },
};

/** @param {Tab} tab */
async function closePage({ page }) {
  await Promise.race([page.close().catch(() => undefined), wait(CLOSE_MS)]);
}

/** @param {TabCampaign} campaign */
async function killBrowser({ browser, tabs }) {
  for (const tab of tabs) tab.gone = true;
  browser.kill();
  await browser.ended;
}

/**
 * Opens tabs in place of those that are gone.
 * @param {TabCampaign} campaign
 */
async function openTabs(campaign) {
  campaign.tabs = campaign.tabs.filter(({ gone }) => !gone);
  while (campaign.tabs.length < TABS) campaign.tabs.push(await openTab(campaign));
}

/**
 * @param {TabCampaign} campaign
 * @returns {Promise<Tab>}
 */
async function openTab({ browser, shared, faults }) {
  const page = await browser.context.newPage();
  const tab = { page, gone: false, ready: false, wasOffline: false };
  page.on('console', (message) => {
    const [what, from = '', to] = message.text().split(' ');
    if (what === 'recorded') shared.ledger.record(Number(from), Number(to));
    if (what === 'ready') tab.ready = true;
    if (what === 'fault' && !isExpected(tab, from)) faults.push(`a page: ${message.text()}`);
  });
  void predict(shared, tab).catch(() => (tab.gone = true));
  return tab;
}

/**
 * @param {Tab} tab
 * @param {string} code of an error
 */
function isExpected({ wasOffline }, code) {
  return EXPECTED_FAULTS.includes(code) || (wasOffline && EXPECTED_OFFLINE.includes(code));
}

/**
 * Predicts until the tab is gone. Inputs are made here, because the page does not know how
 * predictions are told apart.
 * @param {import('./campaign.mjs').Shared} shared
 * @param {Tab} tab
 */
async function predict({ front, ledger }, tab) {
  await visit(tab.page, front.url);
  while (!tab.gone) {
    const { from, to } = ledger.take(PREDICTIONS);
    const inputs = Array.from({ length: to - from }, (_, i) => inputOf(from + i));
    await tab.page.evaluate(predictInPage, { url: front.url, model: MODEL, from, inputs });
  }
}

/**
 * The kills are over: a browser on the same profile sends everything that is left. Resolves to the
 * number of losses that are not reported yet.
 * @param {TabCampaign} campaign
 */
async function drainAll(campaign) {
  const { shared, faults } = campaign;
  await killBrowser(campaign);
  shared.front.isCalm = true;
  campaign.browser = await campaign.launch();
  const page = await campaign.browser.context.newPage();
  await visit(page, shared.front.url);
  const { left, lost } = await page.evaluate(drainInPage, {
    url: shared.front.url,
    forMs: DRAIN_MS,
  });
  if (left !== 0) faults.push(`${left} windows and batches are not sent after all`);
  await killBrowser(campaign);
  shared.front.isCalm = false;
  return lost;
}

/**
 * @param {import('@playwright/test').Page} page
 * @param {string} url
 */
async function visit(page, url) {
  await page.goto(url);
  await page.waitForFunction(() => document.title === 'lab ready');
}

/**
 * @param {() => boolean} holds
 * @param {number} ms
 */
async function until(holds, ms) {
  for (const end = Date.now() + ms; Date.now() < end && !holds();) await wait(20);
}
