// A device of its own for a page, beside the one of the site. It keeps everything in memory, so it
// begins anew when the page is opened, and what it counts leaves only where the page says so.
import { createPerigee } from 'perigee';
import type { ModelNamed, Perigee } from 'perigee';
import { createOfflineSwitch } from '@perigee/react/devtools/production';
import type { OfflineSwitch } from '@perigee/react/devtools';
import { collectorUrl } from '../../collector.ts';

/** `tab`: the page takes the uploads, and throws them away. */
export type UploadsTo = 'collector' | 'tab';

export interface PracticeDevice {
  readonly perigee: Perigee;
  readonly model: Promise<ModelNamed<'digits'>>;
  /** Cuts the registry and the uploads off. */
  readonly network: OfflineSwitch;
  readonly uploadsTo: UploadsTo;
}

/** Uploads only when the page asks for it. */
const NEVER_BY_ITSELF_MS = 2 ** 31 - 1;
/** An address that does not exist (RFC 2606). The fetch of such a device asks nobody. */
const NOBODY = 'https://collector.invalid/';

/** @param onUpload gets the bytes of each upload that arrived */
export function createPracticeDevice(
  wanted: UploadsTo,
  onUpload: (bytes: Uint8Array) => void,
): PracticeDevice {
  const network = createOfflineSwitch();
  const uploadsTo = wanted === 'collector' && collectorUrl !== null ? wanted : 'tab';
  const send: typeof fetch = async (url, init) => {
    const body = init?.body as Uint8Array | undefined;
    if (network.isOffline()) throw new TypeError('The switch of this page is off.');
    const answer =
      uploadsTo === 'collector' ? await fetch(url, init) : new Response(null, { status: 202 });
    if (answer.ok && body) onUpload(body);
    return answer;
  };
  const perigee = createPerigee({
    registry: new URL('registry/', document.baseURI).href,
    store: 'memory',
    request: { fetch: network.fetch },
    telemetry: {
      url: (uploadsTo === 'collector' && collectorUrl) || NOBODY,
      intervalMs: NEVER_BY_ITSELF_MS,
      fetch: send,
    },
  });
  return { perigee, model: perigee.load('digits', { update: 'local' }), network, uploadsTo };
}
