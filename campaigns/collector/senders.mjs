// Devices as a collector sees them. Each keeps its batches until they are acknowledged, and sends
// the same bytes again until then.
import { setTimeout as wait } from 'node:timers/promises';
import { createBatches } from './batches.mjs';
import { FORGED, forgedUpload } from './forged.mjs';
import { upload } from './upload.mjs';

const RETRY_MS = 5;
const FORGE_MS = 20;
/** The most batches that one sender keeps while there is no collector. */
const MAX_KEPT = 6;
const MAX_LEAVE_MS = 8;

/** @typedef {import('./batches.mjs').MadeBatch} MadeBatch */

/**
 * Counts of uploads so far, by outcome.
 * @typedef {ReturnType<typeof noUploads>} Uploads
 */

/**
 * The senders of a campaign.
 * @typedef {object} Senders
 * @property {import('./batches.mjs').BatchSource} batches
 * @property {() => number} random
 * @property {string | undefined} url address of the collector; undefined while there is none
 * @property {boolean} making whether new batches are made
 * @property {MadeBatch[]} made all batches
 * @property {Uploads} seen
 * @property {string[]} wrong answers that the collector must not give
 */

/**
 * @param {Parameters<typeof createBatches>[0]} options
 * @returns {Senders}
 */
export function createSenders(options) {
  return {
    batches: createBatches(options),
    random: options.random,
    url: undefined,
    making: true,
    made: [],
    seen: noUploads(),
    wrong: [],
  };
}

function noUploads() {
  return {
    sent: 0,
    acknowledged: 0,
    duplicates: 0,
    answersLost: 0,
    cutShort: 0,
    atOnce: 0,
    failed: 0,
    later: 0,
    forged: 0,
  };
}

/**
 * Starts senders, and a forger beside them. Resolves once `making` is false and all batches are
 * acknowledged.
 * @param {Senders} senders
 * @param {number} count
 */
export async function runSenders(senders, count) {
  await Promise.all([...Array.from({ length: count }, () => runSender(senders)), forge(senders)]);
}

/** @param {Senders} senders */
async function runSender(senders) {
  const { random } = senders;
  /** @type {MadeBatch[]} */
  const kept = [];
  while (senders.making || kept.length > 0) {
    const isIdle = kept.length === 0 || (kept.length < MAX_KEPT && random() < 0.5);
    if (senders.making && isIdle) {
      const batch = senders.batches.next();
      senders.made.push(batch);
      kept.push(batch);
    }
    const index = Math.floor(random() * kept.length);
    const batch = kept[index];
    if (batch && (await deliver(senders, batch))) kept.splice(index, 1);
    else await wait(RETRY_MS);
  }
}

/**
 * Sends forged uploads among the others, one kind after the other. The collector must refuse all
 * of them.
 * @param {Senders} senders
 */
async function forge(senders) {
  for (let i = 0; senders.making; i += 1) {
    await wait(FORGE_MS);
    const { url } = senders;
    const name = FORGED[i % FORGED.length] ?? '';
    const batch = senders.batches.next();
    const body = forgedUpload(name, batch.profiles, batch.sealedAtMs);
    const answer = url === undefined ? null : await upload(url, body, {});
    if (!answer || answer.status === 503) continue;
    senders.seen.forged += 1;
    if (answer.status !== 422 && answer.status !== 403)
      senders.wrong.push(`HTTP ${answer.status} for a forged upload: ${name}`);
  }
}

/**
 * Resolves to whether the batch is acknowledged.
 * @param {Senders} senders
 * @param {MadeBatch} batch
 */
async function deliver(senders, batch) {
  const { url, seen } = senders;
  if (url === undefined) return false;
  const how = senders.random();
  if (how > 0.94) return deliverOnce(senders, url, batch, 'cut short');
  if (how > 0.8) return deliverOnce(senders, url, batch, 'answer lost');
  if (how >= 0.12) return deliverOnce(senders, url, batch);
  seen.atOnce += 1;
  const twice = [deliverOnce(senders, url, batch), deliverOnce(senders, url, batch)];
  return (await Promise.all(twice)).includes(true);
}

/**
 * Resolves to whether this upload was acknowledged.
 * @param {Senders} senders
 * @param {string} url
 * @param {MadeBatch} batch
 * @param {'cut short' | 'answer lost'} [damage]
 */
async function deliverOnce({ random, seen, wrong }, url, { body }, damage) {
  seen.sent += 1;
  if (damage === 'cut short') seen.cutShort += 1;
  if (damage === 'answer lost') seen.answersLost += 1;
  const answer = await upload(url, body, {
    ...(damage === 'cut short' && { cutAt: Math.floor(random() * body.length) }),
    ...(damage === 'answer lost' && { leaveAfterMs: random() * MAX_LEAVE_MS }),
  });
  if (!answer) {
    seen.failed += 1;
    return false;
  }
  const { status, text } = answer;
  if (status === 202) {
    seen.acknowledged += 1;
    if (JSON.parse(text).duplicate) seen.duplicates += 1;
    return true;
  }
  seen.later += 1;
  if (status !== 503) wrong.push(`HTTP ${status}: ${text.slice(0, 200)}`);
  return false;
}
