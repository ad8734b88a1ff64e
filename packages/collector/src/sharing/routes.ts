import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { SHARED_SECTIONS } from '../api-sharing.ts';
import type { SharedScope, ShareLink, ShareLinkMade, ShareLinksAnswer } from '../api-sharing.ts';
import type { AuditAnswer } from '../api.ts';
import { HttpError } from '../http/http-error.ts';
import { parseObject, personName } from '../http/json-body.ts';
import { refuseOtherOrigins } from '../http/own-origin.ts';
import type { CollectorStore } from '../store/store.ts';
import { SHARED_FILTERS } from './scope.ts';
import type { ShareLinks } from './share-links.ts';

const HOUR_MS = 3_600_000;
const MAX_HOURS = 90 * 24;
const MAX_TEXT = 128;

/**
 * GET and POST /v1/share-links, and POST /v1/share-links/:id/revoke. They need the admin key.
 * Without one there is nothing to share: everyone who reaches the collector can read it.
 */
export function registerShareLinks(
  app: FastifyInstance,
  store: Pick<CollectorStore, 'put'>,
  links: ShareLinks | null,
): void {
  app.get('/v1/share-links', async (): Promise<ShareLinksAnswer> => ({
    links: links === null ? [] : await links.list(),
  }));

  app.post('/v1/share-links', async (request, reply): Promise<ShareLinkMade> => {
    refuseOtherOrigins(request);
    if (links === null)
      throw new HttpError(
        409,
        'NO_ADMIN_KEY',
        'This collector has no admin key, so everyone who reaches it can read it without a share ' +
          'link. Send the address of the page, or start the collector with an admin key.',
      );
    const { by, hours, scope } = parseAsked(request.body);
    const expiresAt = new Date(Date.now() + hours * HOUR_MS).toISOString();
    const made = await links.create({ by, expiresAt, scope });
    await note(store, 'link-shared', made, `${by} shared ${wordsOf(scope)} until ${expiresAt}.`);
    void reply.code(201);
    return made;
  });

  app.post<RevokeRequest>('/v1/share-links/:id/revoke', (request) => revoke(request, store, links));
}

interface RevokeRequest {
  Params: { readonly id: string };
}

/** @throws HttpError 400, 403 or 404 */
async function revoke(
  request: FastifyRequest<RevokeRequest>,
  store: Pick<CollectorStore, 'put'>,
  links: ShareLinks | null,
): Promise<ShareLink> {
  refuseOtherOrigins(request);
  const body: Body = parseObject(request.body, wrong);
  const by = personName(body.name, wrong);
  if (links === null) throw new HttpError(404, 'NOT_FOUND', 'There are no share links.');
  const revoked = await links.revoke(request.params.id, by);
  const words = `${by} revoked the link to ${wordsOf(revoked.scope)} by ${revoked.by}.`;
  await note(store, 'link-revoked', revoked, words);
  return revoked;
}

/** Adds an entry to the audit log. */
async function note(
  store: Pick<CollectorStore, 'put'>,
  action: 'link-shared' | 'link-revoked',
  { id, scope, expiresAt }: ShareLink,
  summary: string,
): Promise<void> {
  const entry: Omit<AuditAnswer['entries'][number], 'id' | 'at'> = {
    actor: 'operator',
    action,
    model: scope.model,
    version: scope.filters.version ?? '',
    summary,
    evidence: { link: id, scope, expiresAt },
  };
  await store.put('audit', randomUUID(), entry, Date.now());
}

function wordsOf({ model, section, alert }: SharedScope): string {
  if (alert !== null) return `the alert ${alert} of ${model}`;
  return section === null ? `all pages of ${model}` : `the section ${section} of ${model}`;
}

type Body = Readonly<
  Partial<Record<'name' | 'hours' | 'model' | 'section' | 'alert' | 'filters', unknown>>
>;

/** @throws HttpError 400 */
function parseAsked(bytes: unknown): {
  readonly by: string;
  readonly hours: number;
  readonly scope: SharedScope;
} {
  const body: Body = parseObject(bytes, wrong);
  const { name, hours, model, section = null, alert = null, filters = {} } = body;
  if (typeof hours !== 'number' || !(hours > 0 && hours <= MAX_HOURS))
    throw wrong(`hours: expected a number above 0 and up to ${MAX_HOURS}, got ${shown(hours)}`);
  if (typeof model !== 'string' || model === '' || model.length > MAX_TEXT)
    throw wrong(`model: expected the name of a model, got ${shown(model)}`);
  if (section !== null && !isSection(section))
    throw wrong(
      `section: expected null or one of ${SHARED_SECTIONS.join(', ')}, got ${shown(section)}`,
    );
  if (alert !== null && (typeof alert !== 'string' || alert.length > MAX_TEXT))
    throw wrong(`alert: expected null or the id of an alert, got ${shown(alert)}`);
  return {
    by: personName(name, wrong),
    hours,
    scope: { model, section, alert, filters: parseFilters(filters) },
  };
}

/** @throws HttpError 400 */
function parseFilters(filters: unknown): SharedScope['filters'] {
  const entries = typeof filters === 'object' && filters !== null ? Object.entries(filters) : null;
  const isRight = entries?.every(
    ([name, value]) =>
      SHARED_FILTERS.some((known) => known === name) &&
      typeof value === 'string' &&
      value.length <= MAX_TEXT,
  );
  if (!entries || !isRight)
    throw wrong(
      `filters: expected text for any of ${SHARED_FILTERS.join(', ')}, got ${shown(filters)}`,
    );
  return Object.fromEntries(entries) as SharedScope['filters'];
}

function isSection(value: unknown): value is NonNullable<SharedScope['section']> {
  return SHARED_SECTIONS.some((section) => section === value);
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 80);

function wrong(what: string): HttpError {
  return new HttpError(
    400,
    'INVALID_INPUT',
    `The request is not usable: ${what}. Send JSON like ` +
      '{"name": "Ada", "model": "digits", "section": "drift", "hours": 24}.',
  );
}
