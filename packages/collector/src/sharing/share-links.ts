import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import type { SharedScope, ShareLink, ShareLinkMade } from '../api-sharing.ts';
import type { ReadTokens } from '../http/auth.ts';
import { HttpError } from '../http/http-error.ts';
import type { CollectorStore, StoredDocument } from '../store/store.ts';
import { isInScope } from './scope.ts';
import { claimsOf, isShareToken, isSignedBy, signClaims } from './token.ts';
import type { Claims } from './token.ts';

const LINKS = 'share-link';
const KEYS = 'share-key';
/** Documents are never deleted. Links older than these are not listed. */
const MAX_LINKS = 1_000;
const MAX_KEYS = 20;
const KEY_BYTES = 32;

type Stored = Omit<ShareLink, 'id'>;

export interface ShareLinks extends ReadTokens {
  create(link: Pick<ShareLink, 'by' | 'expiresAt' | 'scope'>): Promise<ShareLinkMade>;
  /** Newest first. */
  list(): Promise<readonly ShareLink[]>;
  /** @throws HttpError 404 */
  revoke(id: string, by: string): Promise<ShareLink>;
}

/**
 * Links that open a part of the dashboard for reading. Their key is in the store, so that they
 * outlive a restart and several collectors share them. The admin key is mixed in: a new admin key
 * ends all links.
 */
export function createShareLinks(
  store: Pick<CollectorStore, 'find' | 'list' | 'put'>,
  adminKey: string,
): ShareLinks {
  const secrets = new Map<string, Uint8Array>();

  async function readKeys(): Promise<string | undefined> {
    const documents = await store.list(KEYS, MAX_KEYS);
    for (const { id, body } of documents) {
      const { secret } = body as { readonly secret: string };
      const mixed = createHmac('sha256', Buffer.from(secret, 'base64')).update(adminKey).digest();
      secrets.set(id, mixed);
    }
    return documents[0]?.id;
  }

  async function signingKey(): Promise<string> {
    const known = await readKeys();
    if (known !== undefined) return known;
    const secret = randomBytes(KEY_BYTES).toString('base64');
    await store.put(KEYS, randomUUID(), { secret }, Date.now());
    return (await readKeys()) ?? '';
  }

  async function list(): Promise<readonly ShareLink[]> {
    const documents = await store.list(LINKS, MAX_LINKS);
    return documents.map(linkOf).toSorted((a, b) => b.at.localeCompare(a.at));
  }

  async function find(id: string): Promise<ShareLink | undefined> {
    const document = await store.find(LINKS, id);
    return document && linkOf(document);
  }

  return {
    list,
    isToken: isShareToken,
    async create({ by, expiresAt, scope }) {
      const key = await signingKey();
      const id = randomUUID();
      const stored: Stored = { by, at: new Date().toISOString(), expiresAt, scope, revoked: null };
      await store.put(LINKS, id, stored, Date.now());
      const claims = { link: id, key, expiresMs: Date.parse(expiresAt), scope };
      return { id, ...stored, token: signClaims(claims, secrets.get(key) ?? new Uint8Array()) };
    },
    async revoke(id, by) {
      const found = await find(id);
      if (!found)
        throw new HttpError(
          404,
          'NOT_FOUND',
          `There is no share link "${id}". GET /v1/share-links lists them.`,
        );
      if (found.revoked !== null) return found;
      const { id: _id, ...stored } = { ...found, revoked: { by, at: new Date().toISOString() } };
      await store.put(LINKS, id, stored, Date.parse(found.at));
      return { id, ...stored };
    },
    async check(token, request) {
      const claims = claimsOf(token);
      if (claims && !secrets.has(claims.key)) await readKeys();
      const secret = claims && secrets.get(claims.key);
      if (!claims || !secret || !isSignedBy(token, secret))
        throw new HttpError(
          401,
          'SHARE_LINK_INVALID',
          words('is not one of this collector, or was changed'),
        );
      if (claims.expiresMs <= Date.now())
        throw new HttpError(401, 'SHARE_LINK_EXPIRED', words(`ended at ${timeOf(claims)}`));
      const link = await find(claims.link);
      if (!link || link.revoked !== null)
        throw new HttpError(401, 'SHARE_LINK_REVOKED', words('was revoked'));
      if (!isInScope(request, claims.scope))
        throw new HttpError(403, 'SHARE_LINK_SCOPE', `${scopeText(claims.scope)} Nothing else.`);
    },
  };
}

function linkOf({ id, body }: StoredDocument): ShareLink {
  return { id, ...(body as Stored) };
}

/** @param why the words after "This share link" */
function words(why: string): string {
  return `This share link ${why}. Ask the person who sent it for a new one.`;
}

const timeOf = ({ expiresMs }: Claims): string => new Date(expiresMs).toISOString();

function scopeText({ model, section, alert }: SharedScope): string {
  if (alert !== null) return `This share link opens one alert of ${model}, for reading.`;
  const part = section === null ? 'the pages' : `the section "${section}"`;
  return `This share link opens ${part} of ${model}, for reading.`;
}
