import { randomUUID } from 'node:crypto';
import { workAsyncStorage } from 'next/dist/server/app-render/work-async-storage.external';
import { workUnitAsyncStorage } from 'next/dist/server/app-render/work-unit-async-storage.external';
import { createRequestStore } from 'next/dist/server/async-storage/request-store';
import { createWorkStore, type WorkStoreContext } from 'next/dist/server/async-storage/work-store';
import { encode } from 'next-auth/jwt';
import { authOptions } from '#lib/auth';
import { env } from '#lib/env';

/** The session cookie of a person, as their sign-in makes it. */
export async function cookieOf(userId: string): Promise<string> {
  const token = await authOptions().callbacks?.jwt?.({
    token: { sub: userId },
    user: { id: userId },
  } as never);
  const secret = env().NEXTAUTH_SECRET ?? '';
  return `next-auth.session-token=${await encode({ token: { ...token, jti: randomUUID() }, secret, maxAge: 3_600 })}`;
}

/** Runs a route's handler with the stores that Next gives it, so that it reads cookies and headers of this request. */
export function inRequestScope<T>(request: Request, run: () => Promise<T>): Promise<T> {
  const { pathname, search } = new URL(request.url);
  const work = createWorkStore({
    page: '/api/route',
    buildId: 'test',
    deploymentId: '',
    previouslyRevalidatedTags: [],
    renderOpts: { experimental: {}, cacheComponents: false },
  } as unknown as WorkStoreContext);
  const unit = createRequestStore({
    phase: 'action',
    headers: request.headers,
    url: { pathname, search },
    rootParams: {},
    implicitTags: { tags: [], expirationsByCacheKind: new Map() },
    onUpdateCookies: undefined,
    resumeDataCache: null,
    previewProps: undefined,
    isHmrRefresh: false,
    serverComponentsHmrCache: undefined,
    hmrRefreshHash: undefined,
    stagedFallbackParams: null,
  });
  return workAsyncStorage.run(work, () => workUnitAsyncStorage.run(unit, run));
}
