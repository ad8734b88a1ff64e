import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import cookie from '@fastify/cookie';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createRateLimit } from './rate-limit.ts';
import type { RateLimit } from './rate-limit.ts';
import { HttpError } from './http-error.ts';
import { UPLOADS_PATH } from './uploads-path.ts';

export interface AuthOptions {
  /**
   * Key for reading: the API, the dashboard and the guard need it. Without one, anyone who can
   * reach the collector can read.
   */
  readonly adminKey?: string | undefined;
  /**
   * Keys for uploads without an `Origin` header (Node fleets); each upload must carry one of them.
   * Without any, uploads need no key.
   */
  readonly ingestKeys?: readonly string[] | undefined;
}

const COOKIE = 'perigee-session';
const SESSION_SECONDS = 12 * 3_600;
const MIN_KEY_LENGTH = 16;
const LOOPBACK = /^(127(\.\d+){3}|::1|localhost)$/;
const WRONG_KEYS = { max: 10, windowMs: 60_000, what: 'wrong keys a minute' };
/** Routes without the admin key: health, uploads (which have their own checks), and signing in. */
const OPEN: ReadonlySet<string> = new Set([
  '/v1/health',
  '/v1/live',
  UPLOADS_PATH,
  '/v1/labels',
  '/v1/session',
]);

/** @throws Error if a key has fewer than 16 characters */
export function checkKeys({ adminKey, ingestKeys = [] }: AuthOptions): void {
  const short = [...(adminKey === undefined ? [] : [adminKey]), ...ingestKeys].find(
    (key) => key.length < MIN_KEY_LENGTH,
  );
  if (short !== undefined)
    throw new Error(
      `A key of the collector has at least ${MIN_KEY_LENGTH} characters; one has ` +
        `${short.length}. Make one with: openssl rand -hex 24`,
    );
}

/** Tokens that open a part of the routes in place of the admin key. */
export interface ReadTokens {
  /** True if the text is a token and no key. */
  isToken(text: string): boolean;
  /**
   * Resolves if the token may make this request.
   * @throws HttpError 401 for a token that does not hold, 403 for a request outside its scope
   */
  check(token: string, request: FastifyRequest): Promise<void>;
}

/**
 * Requires the admin key for reads: as `Authorization: Bearer …`, or as the cookie that POST
 * /v1/session returns for it. The token of a share link in place of the key opens what it is for.
 */
export async function requireAdmin(
  app: FastifyInstance,
  { adminKey }: AuthOptions,
  host: string,
  tokens: ReadTokens | null,
): Promise<void> {
  if (adminKey === undefined) return refuseOtherNames(app, host);
  // Without the hook, cookies are read only where they count. Uploads have none.
  await app.register(cookie, { secret: randomBytes(32), hook: false });
  const wrongKeys = createRateLimit(app, WRONG_KEYS);
  registerSession(app, adminKey, wrongKeys);

  app.addHook('onRequest', async (request) => {
    // Check the matched route, not the raw URL: "/%761/models" matches the same route.
    const route = request.routeOptions.url ?? '';
    const guarded = (route.startsWith('/v1/') && !OPEN.has(route)) || route === '/metrics';
    if (!guarded) return;
    // A token goes before the cookie, so that an operator sees what the link opens for others.
    const given = bearerOf(request);
    if (tokens !== null && given !== undefined && tokens.isToken(given))
      return tokens.check(given, request);
    if (hasSession(app, request)) return;
    // Once an address has tried too many wrong keys, reject it before comparing. Otherwise the
    // response would reveal a correct guess.
    const isRight = (): boolean => hasBearer(request, [adminKey]);
    if (request.headers.authorization !== undefined && (await wrongKeys.attempt(request, isRight)))
      return;
    throw new HttpError(
      401,
      'KEY_NEEDED',
      'Reading from this collector needs its admin key: send it as "Authorization: Bearer ' +
        '…", or give it to the dashboard.',
    );
  });
}

/** POST /v1/session: the admin key in, a signed cookie with the end of the session out. */
function registerSession(app: FastifyInstance, adminKey: string, wrongKeys: RateLimit): void {
  app.post('/v1/session', async (request, reply): Promise<{ ok: true }> => {
    const key =
      request.body instanceof Uint8Array ? Buffer.from(request.body).toString('utf8').trim() : '';
    if (!(await wrongKeys.attempt(request, () => equal(key, adminKey))))
      throw new HttpError(401, 'WRONG_KEY', 'That is not the admin key of this collector.');
    const expires = Math.floor(Date.now() / 1_000) + SESSION_SECONDS;
    void reply.setCookie(COOKIE, String(expires), {
      signed: true,
      path: '/',
      httpOnly: true,
      sameSite: 'strict',
      secure: 'auto',
      maxAge: SESSION_SECONDS,
    });
    return { ok: true };
  });
}

function hasSession(app: FastifyInstance, { headers }: FastifyRequest): boolean {
  const session =
    headers.cookie === undefined ? undefined : app.parseCookie(headers.cookie)[COOKIE];
  if (session === undefined) return false;
  const { valid, value } = app.unsignCookie(session);
  return valid && Number(value) > Date.now() / 1_000;
}

/**
 * Protects against DNS rebinding: a page whose host name resolves to this machine has the
 * collector's own origin and could read it.
 */
function refuseOtherNames(app: FastifyInstance, host: string): void {
  if (!LOOPBACK.test(host)) return;
  app.addHook('onRequest', async (request) => {
    if (
      request.routeOptions.url === UPLOADS_PATH ||
      LOOPBACK.test(request.hostname.replace(/^\[|\]$/g, ''))
    )
      return;
    throw new HttpError(
      403,
      'HOST_NOT_ALLOWED',
      `This collector has no key and answers only to this machine's own names; the request was for ` +
        `"${request.hostname}". Start it with an admin key to read it from elsewhere.`,
    );
  });
}

/**
 * Browsers set the origin and pages cannot change it, so an origin identifies a page. A sender
 * without one needs a key.
 * @throws HttpError 401 without a valid key, 403 for an origin that is not allowed
 */
export function checkSender(
  request: FastifyRequest,
  { ingestKeys = [] }: AuthOptions,
  allowedOrigins: readonly string[] | undefined,
): void {
  const { origin } = request.headers;
  if (origin !== undefined) {
    // A text/plain POST has no preflight. CORS only hides the response from the page; it does not
    // stop the upload.
    if (allowedOrigins && !allowedOrigins.includes(origin))
      throw new HttpError(
        403,
        'ORIGIN_NOT_ALLOWED',
        `Pages of ${origin} may not send to this collector: start it with that origin allowed.`,
      );
    if (allowedOrigins || ingestKeys.length === 0) return;
  }
  // Clients other than browsers can set any origin. It replaces a key only where the allowed
  // origins are configured.
  if (ingestKeys.length > 0 && !hasBearer(request, ingestKeys))
    throw new HttpError(
      401,
      'KEY_NEEDED',
      'Uploads need a key here: createPerigee({ telemetry: { url, key } }). Pages need none ' +
        'where the collector was started with their origins.',
    );
}

/**
 * Requires an ingest key whatever the origin, for routes that pages may not use.
 * @throws HttpError 401 without a valid key, 403 if the collector has no ingest keys
 */
export function checkIngestKey(request: FastifyRequest, { ingestKeys = [] }: AuthOptions): void {
  if (ingestKeys.length === 0)
    throw new HttpError(
      403,
      'KEY_NEEDED',
      'Labels need a key, and this collector has no keys: start it with ' +
        'PERIGEE_COLLECTOR_INGEST_KEYS.',
    );
  if (!hasBearer(request, ingestKeys))
    throw new HttpError(
      401,
      'KEY_NEEDED',
      'Labels need a key of this collector: send it as "Authorization: Bearer …".',
    );
}

function bearerOf({ headers }: FastifyRequest): string | undefined {
  return /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
}

function hasBearer(request: FastifyRequest, keys: readonly string[]): boolean {
  const given = bearerOf(request);
  // Compare every key, so that the time does not reveal which one matched.
  return given !== undefined && keys.filter((key) => equal(given, key)).length > 0;
}

/** Compares in constant time, also for different lengths. */
function equal(a: string, b: string): boolean {
  const digest = (text: string): Buffer =>
    createHmac('sha256', 'length-hiding').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
