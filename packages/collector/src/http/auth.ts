import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createRateLimit } from './rate-limit.ts';
import { HttpError } from './http-error.ts';

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
/** Wrong keys allowed per address and minute. */
const TRIES_PER_MINUTE = 10;
/** Routes without the admin key: health, uploads (which have their own checks), and signing in. */
const OPEN: ReadonlySet<string> = new Set([
  '/v1/health',
  '/v1/profiles',
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

/**
 * Requires the admin key for reads: as `Authorization: Bearer …`, or as the cookie that POST
 * /v1/session returns for it.
 */
export function requireAdmin(app: FastifyInstance, { adminKey }: AuthOptions, host: string): void {
  if (adminKey === undefined) return refuseOtherNames(app, host);
  const secret = randomBytes(32);
  const sign = (expires: string): string =>
    createHmac('sha256', secret).update(expires).digest('hex');
  const wrong = createRateLimit(TRIES_PER_MINUTE, 'wrong keys');

  app.addHook('onRequest', async (request) => {
    // Check the matched route, not the raw URL: "/%761/models" matches the same route.
    const route = request.routeOptions.url ?? '';
    const guarded = (route.startsWith('/v1/') && !OPEN.has(route)) || route === '/metrics';
    if (!guarded || hasSession(request)) return;
    // Once an address has tried too many wrong keys, reject it before comparing. Otherwise the
    // response would reveal a correct guess.
    if (request.headers.authorization !== undefined) wrong.check(request.ip);
    if (hasBearer(request, [adminKey])) return;
    if (request.headers.authorization !== undefined) wrong.take(request.ip);
    throw new HttpError(
      401,
      'KEY_NEEDED',
      'Reading from this collector needs its admin key: send it as "Authorization: Bearer ' +
        '…", or give it to the dashboard.',
    );
  });

  app.post('/v1/session', async (request, reply): Promise<{ ok: true }> => {
    wrong.check(request.ip);
    const key =
      request.body instanceof Uint8Array ? Buffer.from(request.body).toString('utf8').trim() : '';
    if (!equal(key, adminKey)) {
      wrong.take(request.ip);
      throw new HttpError(401, 'WRONG_KEY', 'That is not the admin key of this collector.');
    }
    const expires = String(Math.floor(Date.now() / 1_000) + SESSION_SECONDS);
    const secure = request.protocol === 'https' ? '; Secure' : '';
    void reply.header(
      'set-cookie',
      `${COOKIE}=${expires}.${sign(expires)}; Path=/; HttpOnly; SameSite=Strict; ` +
        `Max-Age=${SESSION_SECONDS}${secure}`,
    );
    return { ok: true };
  });

  function hasSession({ headers }: FastifyRequest): boolean {
    const value = headers.cookie
      ?.split(';')
      .map((part) => part.trim())
      .find((part) => part.startsWith(`${COOKIE}=`))
      ?.slice(COOKIE.length + 1);
    const [expires = '', signature = ''] = value?.split('.') ?? [];
    return Number(expires) > Date.now() / 1_000 && equal(signature, sign(expires));
  }
}

/**
 * Protects against DNS rebinding: a page whose host name resolves to this machine has the
 * collector's own origin and could read it.
 */
function refuseOtherNames(app: FastifyInstance, host: string): void {
  if (!LOOPBACK.test(host)) return;
  app.addHook('onRequest', async (request) => {
    if (
      request.routeOptions.url === '/v1/profiles' ||
      LOOPBACK.test(request.hostname.replace(/^\[|\]$/g, ''))
    )
      return;
    throw new HttpError(
      403,
      'HOST_NOT_ALLOWED',
      `This collector has no key and answers on this machine's own name only; it was asked ` +
        `as "${request.hostname}". Give it an admin key to read it from elsewhere.`,
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
      'Labels are taken from who has a key, and this collector has none: start it with ' +
        'PERIGEE_COLLECTOR_INGEST_KEYS.',
    );
  if (!hasBearer(request, ingestKeys))
    throw new HttpError(
      401,
      'KEY_NEEDED',
      'Labels need a key of this collector: send it as "Authorization: Bearer …".',
    );
}

function hasBearer({ headers }: FastifyRequest, keys: readonly string[]): boolean {
  const given = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
  // Compare every key, so that the time does not reveal which one matched.
  return given !== undefined && keys.filter((key) => equal(given, key)).length > 0;
}

/** Compares in constant time, also for different lengths. */
function equal(a: string, b: string): boolean {
  const digest = (text: string): Buffer =>
    createHmac('sha256', 'length-hiding').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
