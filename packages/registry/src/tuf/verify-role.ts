import { RegistryError } from '../error.ts';
import type { Envelope, Key, RoleKeys } from './metadata.ts';
import { verifyEd25519 } from './verify-ed25519.ts';

/**
 * Resolves if at least `role.threshold` of the role's keys signed the envelope. A public key counts
 * once, even under several keyids. Signatures by other keys are skipped.
 * @throws RegistryError UNTRUSTED, reason 'signatures'
 */
export async function verifyThreshold(
  role: RoleKeys,
  keys: ReadonlyMap<string, Key>,
  envelope: Pick<Envelope, 'signatures' | 'signedBytes'>,
): Promise<void> {
  const { signatures, signedBytes } = envelope;
  const { name, keyids, threshold } = role;
  const byKeyid = new Map(signatures.map(({ keyid, sig }) => [keyid, sig]));
  if (byKeyid.size !== signatures.length)
    throw unsigned(name, 'A key stands twice among its signatures; each may stand once.', {
      signatures: signatures.length,
    });
  const valid = new Set<string>();
  for (const keyid of keyids) {
    const [key, sig] = [keys.get(keyid), byKeyid.get(keyid)];
    if (!key || sig === undefined || !(await verifies(key, sig, signedBytes))) continue;
    valid.add(key.public.toLowerCase());
  }
  if (threshold >= 1 && valid.size >= threshold) return;
  const why =
    `${valid.size} of its ${keyids.length} keys signed it; ${threshold} must. It carries ` +
    `${signatures.length} signatures.`;
  throw unsigned(name, why, { valid: valid.size, threshold, signatures: signatures.length });
}

/** Verifies ed25519 only. A key of another type never verifies a signature. */
async function verifies(
  { keytype, scheme, public: publicKey }: Key,
  sig: string,
  bytes: Uint8Array,
): Promise<boolean> {
  return (
    keytype === 'ed25519' && scheme === 'ed25519' && (await verifyEd25519(publicKey, sig, bytes))
  );
}

function unsigned(
  role: string,
  why: string,
  counts: Readonly<Record<string, number>>,
): RegistryError {
  return new RegistryError(
    'UNTRUSTED',
    `The ${role} metadata is not signed by those who may sign it. ${why}`,
    { details: { role, reason: 'signatures', ...counts } },
  );
}
