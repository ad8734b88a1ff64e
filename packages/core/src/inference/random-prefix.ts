/** 96 random bits, so that prediction ids are unique across devices. */
export function randomPrefix(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}-`;
}
