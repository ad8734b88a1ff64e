import type { Governance } from '@perigee/registry';
import type { PackOptions } from './pack-options.ts';
import { readCardFile, readGovernanceFile } from './read-files.ts';
import type { CardFile } from './read-files.ts';

/** The parts of a release that describe the model for people. */
export interface Description {
  readonly card?: CardFile;
  readonly license?: string;
  readonly governance?: Governance;
}

/** Reads the description. The given licence and the governance file override the card. */
export async function readDescription({
  card: cardPath,
  governance: governancePath,
  license: given,
}: PackOptions): Promise<Description> {
  const card = cardPath === undefined ? undefined : await readCardFile(cardPath);
  const file = governancePath === undefined ? undefined : await readGovernanceFile(governancePath);
  const license = given ?? card?.license;
  const governance = card?.governance || file ? { ...card?.governance, ...file } : undefined;
  return {
    ...(card && { card }),
    ...(license !== undefined && { license }),
    ...(governance && { governance }),
  };
}
