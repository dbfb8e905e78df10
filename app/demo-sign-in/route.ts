import { signInDemoPerson } from '#lib/auth';

/** One-click sign-in of the demo's own people, by role or id; outside the demo this page does not exist. */
export async function GET(request: Request): Promise<Response> {
  const who = new URL(request.url).searchParams.get('as');
  if (!who || !(await signInDemoPerson(who))) return new Response('Not found', { status: 404 });
  return new Response(null, { status: 303, headers: { Location: '/' } });
}
