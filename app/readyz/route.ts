import { db } from '#lib/db';

export const dynamic = 'force-dynamic';

/** The database answers too. */
export async function GET(): Promise<Response> {
  try {
    await db.$queryRaw`SELECT 1`;
    return Response.json({ ok: true });
  } catch {
    return Response.json({ ok: false, reason: 'the database does not answer' }, { status: 503 });
  }
}
