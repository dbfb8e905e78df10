/** The process answers; says nothing of the database. */
export function GET(): Response {
  return Response.json({ ok: true });
}
