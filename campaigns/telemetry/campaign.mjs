// Kills devices and their network while they predict and send. In the end every prediction known to
// have been stored must be counted exactly once.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { progress } from '../../scripts/progress.mjs';
import { seeded } from '../shared/random.mjs';
import { makeTracedRegistry } from '../shared/traced-registry.mjs';
import { openFront } from './front.mjs';
import { createLedger } from './ledger.mjs';
import { killNode } from './node.mjs';

/** @param lab folder of the built lab page */
export async function runCampaign(folder, { nodeKills, tabKills, seed, chromium, lab }) {
  const random = seeded(seed);
  const registry = await makeTracedRegistry(join(folder, 'published'));
  const dataDir = join(folder, 'collector');
  const child = fork(fileURLToPath(new URL('collector.mjs', import.meta.url)), [
    JSON.stringify({ dataDir, registry: registry.path }),
  ]);
  const ended = once(child, 'exit');
  const [{ url: collectorUrl }] = await once(child, 'message');
  const front = await openFront({
    collectorUrl,
    folders: { '/': lab, '/registry/': registry.path },
    random,
  });
  const ledger = createLedger();
  const common = { front, ledger, random, registry: registry.path };
  const results = [];
  try {
    if (nodeKills > 0)
      results.push({
        name: 'Node, files',
        ...(await killNode({
          ...common,
          progress: tell('Killing devices in Node'),
          folder: join(folder, 'devices'),
          kills: nodeKills,
        })),
      });
    if (tabKills > 0) {
      const { killTabs } = await import('./chromium.mjs');
      results.push({
        name: 'Chromium, IndexedDB',
        ...(await killTabs({
          ...common,
          progress: tell('Killing tabs in Chromium'),
          profile: join(folder, 'profile'),
          kills: tabKills,
          executablePath: chromium,
        })),
      });
    }
  } finally {
    child.send('close');
    await ended;
    await front.close();
  }
  const compared = await ledger.compare(join(dataDir, 'collector.sqlite'), front.refused);
  const told = compared.told + results.reduce((sum, { pendingLost }) => sum + pendingLost, 0);
  const faults = [
    ...results.flatMap((result) => result.faults),
    ...front.faults,
    ...compared.faults,
  ];
  const leftovers = results.reduce((sum, result) => sum + result.leftovers, 0);
  return {
    ...compared,
    results,
    faults,
    told,
    leftovers,
    refused: front.refused.size,
    everRefused: front.everRefused(),
    fates: front.fates,
    batches: front.batches(),
    recorded: ledger.recorded,
  };
}

function tell(title) {
  let told = progress(title);
  return (count, of) => {
    told?.say(`${count} of ${of}`);
    if (count < of) return;
    told?.done();
    told = undefined;
  };
}
