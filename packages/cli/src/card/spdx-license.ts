import { createRequire } from 'node:module';

// The package is a JSON file. Importing JSON as a module prints a warning in Node 20 and 22.
const IDS = createRequire(import.meta.url)('spdx-license-ids') as readonly string[];
const BY_PLAIN = new Map(IDS.map((id) => [plain(id), id]));

/**
 * The SPDX id of a licence name: "mit" → MIT, "CC BY 4.0" → CC-BY-4.0. Undefined for other text.
 */
export function spdxId(license: string): string | undefined {
  return BY_PLAIN.get(plain(license));
}

function plain(text: string): string {
  return text.trim().toLowerCase().replaceAll(/\s+/g, '-');
}
