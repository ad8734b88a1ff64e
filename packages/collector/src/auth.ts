import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createRateLimit } from './ingest/rate-limit.ts';
import { Refusal } from './refusal.ts';

export interface AuthOptions {
  /** What reads answers, the dashboard and the guard must know. Without it anyone who reaches the collector may read. */
  readonly adminKey?: string | undefined;
  /** What devices without an origin (Node fleets) must send with each upload, one of them. Without any, no key is asked for. */
  readonly ingestKeys?: readonly string[] | undefined;
}

const COOKIE = 'perigee-session';
const SESSION_SECONDS = 12 * 3_600;
const MIN_KEY_LENGTH = 16;
const LOOPBACK = /^(127(\.\d+){3}|::1|localhost)$/;
/** Wrong keys an address may try a minute. */
const TRIES_PER_MINUTE = 10;
/** What may be asked without a key: whether it is alive, uploads (which have rules of their own), and the page with the form for the key. */
const OPEN: ReadonlySet<string> = new Set(['/v1/health', '/v1/profiles', '/v1/session']);

/** @throws Error for a key that can be guessed */
export function checkKeys({ adminKey, ingestKeys = [] }: AuthOptions): void {
  const short = [...(adminKey === undefined ? [] : [adminKey]), ...ingestKeys].find((key) => key.length < MIN_KEY_LENGTH);
  if (short !== undefined) throw new Error(`A key of the collector has at least ${MIN_KEY_LENGTH} characters; one has ${short.length}. Make one with: openssl rand -hex 24`);
}

/** Reading needs the admin key: as `Authorization: Bearer …`, or as the cookie that POST /v1/session gives for it. */
export function requireAdmin(app: FastifyInstance, { adminKey }: AuthOptions, host: string): void {
  if (adminKey === undefined) return refuseOtherNames(app, host);
  const secret = randomBytes(32);
  const sign = (expires: string): string => createHmac('sha256', secret).update(expires).digest('hex');
  const wrong = createRateLimit(TRIES_PER_MINUTE, 'wrong keys');

  app.addHook('onRequest', async (request) => {
    // The route that answers, not the address as it was written: "/%761/models" is one, too.
    const route = request.routeOptions.url ?? '';
    const guarded = (route.startsWith('/v1/') && !OPEN.has(route)) || route === '/metrics';
    if (!guarded || hasSession(request)) return;
    // Once an address tried too many wrong keys, no key is looked at: else the answer would tell which one is right.
    if (request.headers.authorization !== undefined) wrong.check(request.ip);
    if (hasBearer(request, [adminKey])) return;
    if (request.headers.authorization !== undefined) wrong.take(request.ip);
    throw new Refusal(401, 'KEY_NEEDED', 'Reading from this collector needs its admin key: send it as "Authorization: Bearer …", or give it to the dashboard.');
  });

  app.post('/v1/session', async (request, reply): Promise<{ ok: true }> => {
    wrong.check(request.ip);
    const key = request.body instanceof Uint8Array ? Buffer.from(request.body).toString('utf8').trim() : '';
    if (!equal(key, adminKey)) {
      wrong.take(request.ip);
      throw new Refusal(401, 'WRONG_KEY', 'That is not the admin key of this collector.');
    }
    const expires = String(Math.floor(Date.now() / 1_000) + SESSION_SECONDS);
    const secure = request.protocol === 'https' ? '; Secure' : '';
    void reply.header('set-cookie', `${COOKIE}=${expires}.${sign(expires)}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${SESSION_SECONDS}${secure}`);
    return { ok: true };
  });

  function hasSession({ headers }: FastifyRequest): boolean {
    const value = headers.cookie?.split(';').map((part) => part.trim()).find((part) => part.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
    const [expires = '', signature = ''] = value?.split('.') ?? [];
    return Number(expires) > Date.now() / 1_000 && equal(signature, sign(expires));
  }
}

/** A page whose own name leads to this machine (DNS rebinding) would be of the collector's own origin and could read it. */
function refuseOtherNames(app: FastifyInstance, host: string): void {
  if (!LOOPBACK.test(host)) return;
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.url === '/v1/profiles' || LOOPBACK.test(request.hostname.replace(/^\[|\]$/g, ''))) return;
    throw new Refusal(403, 'HOST_NOT_ALLOWED', `This collector has no key and answers on this machine's own name only; it was asked as "${request.hostname}". Give it an admin key to read it from elsewhere.`);
  });
}

/**
 * A page shows who it is by its origin, which browsers set and pages cannot; a device without one shows a key.
 * @throws Refusal 401, 403
 */
export function checkSender(request: FastifyRequest, { ingestKeys = [] }: AuthOptions, allowedOrigins: readonly string[] | undefined): void {
  const { origin } = request.headers;
  if (origin !== undefined) {
    // A text/plain POST has no preflight: CORS only hides the answer from the page, it does not keep the upload out.
    if (allowedOrigins && !allowedOrigins.includes(origin)) throw new Refusal(403, 'ORIGIN_NOT_ALLOWED', `Pages of ${origin} may not send to this collector: start it with that origin allowed.`);
    if (allowedOrigins || ingestKeys.length === 0) return;
  }
  // Anything but a browser may write an origin of its own: it stands for a key only where origins are named.
  if (ingestKeys.length > 0 && !hasBearer(request, ingestKeys)) throw new Refusal(401, 'KEY_NEEDED', 'Uploads need a key here: createPerigee({ telemetry: { url, key } }). Pages need none where the collector was started with their origins.');
}

function hasBearer({ headers }: FastifyRequest, keys: readonly string[]): boolean {
  const given = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
  // Every key is compared, so that the time taken does not tell which one it was.
  return given !== undefined && keys.filter((key) => equal(given, key)).length > 0;
}

/** In constant time, and whatever their lengths. */
function equal(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHmac('sha256', 'length-hiding').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
