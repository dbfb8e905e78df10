import { openApiDocument } from '#lib/openapi/document';

/** Open to everybody: it says what the API takes, not what is in it. */
export function GET(request: Request): Response {
  return Response.json(openApiDocument(new URL(request.url).origin));
}
