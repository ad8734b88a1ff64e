import type { StorageReport } from '../model-types.ts';
import type { ToolContext } from '../tools.ts';
import type { Finding } from './finding.ts';
import { isServer } from './place.ts';

/** Of what the browser gives to this origin. */
const NEARLY_FULL = 0.9;
const MAKE_ROOM = 'Free disk space, or delete models that are not used any more (perigee.remove).';

/** Whether models stay on this device. */
export async function checkStorage(context: ToolContext): Promise<readonly Finding[]> {
  const report = await context.ask('storage');
  const isWanted = context.config.store === 'memory';
  return [
    ...(report.kind === 'memory' && !isWanted ? [inMemory(isServer(context.runtime))] : []),
    ...notKept(report),
    ...(report.kind === 'indexeddb' ? ofBrowser(report) : []),
  ];
}

function inMemory(onServer: boolean): Finding {
  const what = `Models are kept in memory, and are gone with this ${onServer ? 'process' : 'page'}.`;
  if (onServer) {
    return {
      id: 'storage-in-memory',
      severity: 'info',
      what,
      why: 'createPerigee() was given no folder.',
      remedy: 'Give createPerigee() a folder: { store: { folder: "…" } }.',
    };
  }
  return {
    id: 'storage-in-memory',
    severity: 'warning',
    what,
    why: 'The browser blocks IndexedDB here.',
    remedy: 'Leave the private window, or allow site data for this page.',
  };
}

function notKept({ models }: StorageReport): Finding[] {
  return models.filter(({ isInMemory }) => isInMemory).map(({ name, version }) => ({
    id: 'model-not-kept',
    severity: 'warning',
    what: `${name}@${version} is gone with this page.`,
    why: 'There was no room to keep it.',
    remedy: MAKE_ROOM,
  }));
}

function ofBrowser({ usageBytes = 0, quotaBytes = Infinity, persisted }: StorageReport): Finding[] {
  const findings: Finding[] = [];
  if (usageBytes > NEARLY_FULL * quotaBytes) {
    findings.push({
      id: 'storage-nearly-full',
      severity: 'warning',
      what: 'A further model, or an update, may not fit on this device.',
      why: `${Math.floor((usageBytes / quotaBytes) * 100)} % of the storage of this origin is used.`,
      remedy: MAKE_ROOM,
    });
  }
  if (persisted === false) {
    findings.push({
      id: 'storage-not-persisted',
      severity: 'info',
      what: 'The browser may delete the models when the disk gets full.',
      why: 'This origin has no persistent storage.',
      remedy: 'Call perigee.storage.persist(), best when the user has just used a model.',
    });
  }
  return findings;
}
