import type { OutgoingHttpHeaders } from 'node:http';
import type { Plugin } from 'vite';
import type { PerigeeOptions } from './options.ts';

/** The values with which a page is isolated. */
const ISOLATING: readonly (readonly [name: string, values: readonly string[]])[] = [
  ['Cross-Origin-Opener-Policy', ['same-origin']],
  ['Cross-Origin-Embedder-Policy', ['require-corp', 'credentialless']],
];

/** Sends the headers of an isolated page. Headers of the same name in the configuration win. */
export function isolation(option: PerigeeOptions['isolation']): Plugin {
  const headers = {
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': option === 'credentialless' ? option : 'require-corp',
  };
  return {
    name: 'perigee:isolation',
    config({ server, preview }) {
      // Without headers of its own the preview server sends those of the development server.
      const ofPreview = preview?.headers ?? server?.headers;
      return {
        server: { headers: missing(headers, server?.headers) },
        preview: { headers: { ...ofPreview, ...missing(headers, ofPreview) } },
      };
    },
    configResolved({ server, logger }) {
      for (const fault of faultsOf(server.headers)) logger.warn(`[perigee] ${fault}`);
    },
  };
}

/** The headers that are not set yet. */
function missing(headers: OutgoingHttpHeaders, present: OutgoingHttpHeaders = {}) {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => valueOf(present, name) === undefined),
  );
}

function faultsOf(headers: OutgoingHttpHeaders): string[] {
  return ISOLATING.flatMap(([name, values]) => {
    const value = String(valueOf(headers, name));
    if (values.includes(value)) return [];
    return [
      `server.headers sets ${name} to "${value}", so pages are not isolated and models run on ` +
        'one thread. Remove the header, or the option isolation.',
    ];
  });
}

/** A name in other letters is the same name. */
function valueOf(headers: OutgoingHttpHeaders, name: string): unknown {
  const found = Object.entries(headers).find(([one]) => one.toLowerCase() === name.toLowerCase());
  return found?.[1];
}
