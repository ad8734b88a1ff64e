import { createRequire } from 'node:module';

// The package is a JSON file; importing one as a module warns in Node 20 and 22.
const IDS = createRequire(import.meta.url)('spdx-license-ids') as readonly string[];
const BY_PLAIN = new Map(IDS.map((id) => [plain(id), id]));

/** The SPDX id a licence is meant by: "mit" and "CC BY 4.0" are MIT and CC-BY-4.0. Undefined for what is none. */
export function spdxId(license: string): string | undefined {
  return BY_PLAIN.get(plain(license));
}

function plain(text: string): string {
  return text.trim().toLowerCase().replaceAll(/\s+/g, '-');
}
