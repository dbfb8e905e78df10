import { requestActor } from '#lib/auth';
import { getLive } from '#lib/live/queries';
import { errorResponse } from '#lib/route';

/** Asked every second by each open page, so it is not logged line by line. */
export async function GET(request: Request): Promise<Response> {
  try {
    return Response.json(await getLive(await requestActor(request)), {
      headers: { 'Cache-Control': 'no-store' },
    });
  } catch (error) {
    return errorResponse(error, request);
  }
}
