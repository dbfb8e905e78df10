import { createHash, randomUUID } from 'node:crypto';
import { cookies } from 'next/headers';
import { redirect } from 'next/navigation';
import { type AuthOptions, getServerSession } from 'next-auth';
import { encode } from 'next-auth/jwt';
import CredentialsProvider from 'next-auth/providers/credentials';
import { cache } from 'react';
import type { Actor, UserActor } from './actor.ts';
import { db } from './db.ts';
import { env } from './env.ts';
import { AppError } from './errors.ts';
import { verifyKey, verifyKeyLately } from './keys/verify.ts';
import type { Role } from './permissions.ts';
import { authenticate } from './users/authenticate.ts';
import { rememberConfirmed, sessionDigest } from './users/confirmation.ts';
import { adoptOidcUser } from './users/mutations.ts';

const SESSION_SECONDS = 12 * 60 * 60;

/** The whole of next-auth lives here: local accounts, any OIDC provider by environment, JWT sessions. */
export function authOptions(): AuthOptions {
  const { NEXTAUTH_SECRET, OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_NAME } = env();
  const local = CredentialsProvider({
    credentials: { email: {}, password: {} },
    async authorize(credentials, request) {
      if (!credentials) return null;
      // The last hop is the one that our own server, or the proxy we are told to trust, has written.
      const address =
        String(request.headers?.['x-forwarded-for'] ?? 'unknown')
          .split(',')
          .at(-1) ?? 'unknown';
      return authenticate({
        email: credentials.email,
        password: credentials.password,
        address: address.trim(),
      });
    },
  });
  const providers: AuthOptions['providers'] = [local];
  if (OIDC_ISSUER && OIDC_CLIENT_ID) {
    providers.push({
      id: 'oidc',
      name: OIDC_NAME,
      type: 'oauth',
      wellKnown: `${OIDC_ISSUER.replace(/\/$/, '')}/.well-known/openid-configuration`,
      clientId: OIDC_CLIENT_ID,
      clientSecret: OIDC_CLIENT_SECRET,
      idToken: true,
      checks: ['pkce', 'state', 'nonce'],
      authorization: { params: { scope: 'openid email profile' } },
      profile: (profile) => ({ id: profile.sub, email: profile.email, name: profile.name ?? profile.email }),
    });
  }
  return {
    providers,
    secret: NEXTAUTH_SECRET,
    session: { strategy: 'jwt', maxAge: SESSION_SECONDS },
    pages: { signIn: '/sign-in', error: '/sign-in' },
    callbacks: {
      async signIn({ user, account, profile }) {
        if (account?.provider !== 'oidc') return true;
        // An unverified address could be anybody's: it must not open the account that owns it.
        const verified = (profile as { email_verified?: unknown } | undefined)?.email_verified;
        const trusted = verified === true || verified === 'true' || env().OIDC_TRUST_EMAIL === '1';
        if (!user.email || !trusted) return false;
        const adopted = await adoptOidcUser({ email: user.email, name: user.name ?? user.email });
        if (!adopted) return false;
        user.id = adopted.id;
        return true;
      },
      // Whoever has just signed in has just proved who they are.
      jwt: async ({ token, user }) => (user ? { ...token, ...(await newSession(user.id)) } : token),
      session: ({ session, token }) => ({
        ...session,
        user: { ...session.user, id: token.sub, stamp: token.stamp, sid: token.sid },
      }),
    },
  };
}

/** Changes with the password, so that a new password ends every session made with the old one. */
function stampOf(passwordHash: string | null): string {
  return createHash('sha256')
    .update(passwordHash ?? '')
    .digest('base64url')
    .slice(0, 16);
}

/** What a new session carries: the stamp of the password it was made with, and a name of its own. */
async function newSession(userId: string): Promise<{ stamp: string; sid: string }> {
  const user = await db.user.findUnique({ where: { id: userId }, select: { passwordHash: true } });
  const sid = randomUUID();
  if (user) await rememberConfirmed(db, sessionDigest(sid), userId);
  return { stamp: stampOf(user?.passwordHash ?? null), sid };
}

/** The signed-in person, loaded afresh for every request: disabling somebody works at once. */
export const currentUser = cache(async (): Promise<UserActor | null> => {
  const session = await getServerSession(authOptions());
  const { id, stamp, sid } = (session?.user ?? {}) as { id?: string; stamp?: string; sid?: string };
  if (!id) return null;
  const user = await db.user.findUnique({ where: { id } });
  if (
    !user ||
    stamp !== stampOf(user.passwordHash) ||
    user.disabledAt ||
    (user.demo && env().STOPGAP_DEMO !== '1')
  )
    return null;
  const known = { kind: 'user', id: user.id, name: user.name, role: user.role as Role } as const;
  return sid ? { ...known, session: sessionDigest(sid) } : known;
});

/** For pages and actions: the signed-in person, or a redirect to sign-in. */
export async function requireActor(): Promise<UserActor> {
  const user = await currentUser();
  if (!user) redirect('/sign-in');
  return user;
}

/**
 * For routes: the API key in the Authorization header, else the session of a same-origin request. With `hot` a key
 * that was good within the last second is good, for calls that come by the thousand.
 */
export async function requestActor(request: Request, { hot = false } = {}): Promise<Actor> {
  const header = request.headers.get('authorization');
  if (header !== null) {
    const key = await (hot ? verifyKeyLately : verifyKey)(header.replace(/^Bearer\s+/i, ''));
    if (key) return key;
    throw new AppError(
      'unauthenticated',
      'This API key is unknown, revoked or expired. Send `Authorization: Bearer sg_…`.',
    );
  }
  const user = await currentUser();
  if (!user)
    throw new AppError('unauthenticated', 'Send an API key as `Authorization: Bearer sg_…`, or sign in.');
  if (request.method !== 'GET' && request.method !== 'HEAD') refuseCrossOrigin(request);
  return user;
}

// Cookies are SameSite=Lax already; this also stops a page on another port of the same host.
function refuseCrossOrigin(request: Request): void {
  const origin = request.headers.get('origin');
  const host = request.headers.get('host');
  if (origin && host && URL.canParse(origin) && new URL(origin).host === host) return;
  throw new AppError(
    'forbidden',
    'A signed-in person can only send this from Stopgap itself; machines use an API key.',
  );
}

/** The demo's people, in the order they were made; nobody outside the demo. */
export async function demoPeople(): Promise<{ id: string; name: string; role: string }[]> {
  if (env().STOPGAP_DEMO !== '1') return [];
  return db.user.findMany({
    where: { demo: true, disabledAt: null },
    orderBy: { createdAt: 'asc' },
    select: { id: true, name: true, role: true },
  });
}

/** Signs a demo person in with one click: the one with this id, or the first of this role. False outside the demo. */
export async function signInDemoPerson(who: string): Promise<boolean> {
  const { NEXTAUTH_SECRET, NEXTAUTH_URL } = env();
  const people = await demoPeople();
  const chosen = people.find(({ id }) => id === who) ?? people.find(({ role }) => role === who);
  if (!NEXTAUTH_SECRET || !chosen) return false;
  const user = await db.user.findUniqueOrThrow({ where: { id: chosen.id } });
  const token = await encode({
    token: { sub: user.id, name: user.name, ...(await newSession(user.id)) },
    secret: NEXTAUTH_SECRET,
    maxAge: SESSION_SECONDS,
  });
  const secure = NEXTAUTH_URL?.startsWith('https://') ?? false;
  const jar = await cookies();
  jar.set(`${secure ? '__Secure-' : ''}next-auth.session-token`, token, {
    httpOnly: true,
    sameSite: 'lax',
    secure,
    path: '/',
    maxAge: SESSION_SECONDS,
  });
  return true;
}
