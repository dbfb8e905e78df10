import { signInDemoPerson } from '#lib/auth';
import { ROLES } from '#lib/permissions';

/** One-click sign-in of the demo's own people; outside the demo this page does not exist. */
export async function GET(request: Request): Promise<Response> {
  const as = new URL(request.url).searchParams.get('as');
  const role = ROLES.find((each) => each === as);
  if (!role || !(await signInDemoPerson(role))) return new Response('Not found', { status: 404 });
  return new Response(null, { status: 303, headers: { Location: '/' } });
}
