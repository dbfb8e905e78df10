import { z } from 'zod';
import { ERROR_STATUS, type ErrorCode } from '#lib/errors';
import { KEPT_HOURS } from '#lib/idempotency/once';
import { PERMISSIONS } from '#lib/permissions';
import { OPERATIONS, type Operation } from './operations.ts';

function jsonSchema(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
}

/** The scopes of a call in words: "ingest", "respond or export", "none". */
export function scopesOf(operation: Operation): string {
  if (!operation.permission) return 'none';
  return PERMISSIONS[operation.permission].scopes.join(' or ') || 'people only';
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: `Any text of 1 to 255 visible ASCII characters. For ${KEPT_HOURS} hours the same key with the same body is carried out once and gets the same answer; with another body the answer is 422.`,
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

function parameters(operation: Operation): object[] {
  const inPath = [...operation.path.matchAll(/\{(\w+)\}/g)].map((match) => ({
    name: match[1],
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  // Ingest has ids of its own: a row that is sent again is a duplicate.
  const ingests =
    operation.permission !== null && PERMISSIONS[operation.permission].scopes.includes('ingest' as never);
  const once = operation.method === 'get' || ingests ? [] : [IDEMPOTENCY_KEY];
  if (!operation.query) return [...inPath, ...once];
  const query = jsonSchema(operation.query) as { properties?: Record<string, { description?: string }> };
  const inQuery = Object.entries(query.properties ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema,
  }));
  return [...inPath, ...inQuery, ...once];
}

/** What a call may be refused with. This description itself is read by everybody, and says nothing that could fail. */
function refusals({ method, body, permission, limited }: Operation): ErrorCode[] {
  if (permission === null) return [];
  const changes = method !== 'get';
  return [
    'invalid',
    'unauthenticated',
    'forbidden',
    'not_found',
    ...(changes ? (['conflict', 'unprocessable'] as const) : []),
    ...(body ? (['too_large'] as const) : []),
    ...(limited ? (['rate_limited'] as const) : []),
    'unavailable',
  ];
}

function responses(operation: Operation): object {
  const media = operation.media ?? ['application/json'];
  return {
    [operation.status ?? 200]: {
      description: operation.answer,
      content: Object.fromEntries(media.map((type) => [type, {}])),
    },
    ...Object.fromEntries(
      refusals(operation).map((code) => [
        ERROR_STATUS[code],
        {
          description: code,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
        },
      ]),
    ),
  };
}

/** OpenAPI 3.1, made from the schemas that the routes themselves parse with. */
export function openApiDocument(server: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of OPERATIONS) {
    const described = {
      summary: operation.summary,
      description: `Scope: ${scopesOf(operation)}.`,
      parameters: parameters(operation),
      ...(operation.body && {
        requestBody: {
          required: !operation.optional,
          content: { 'application/json': { schema: jsonSchema(operation.body) } },
        },
      }),
      ...(operation.permission ? { security: [{ key: [] }] } : { security: [] }),
      responses: responses(operation),
    };
    paths[operation.path] = { ...paths[operation.path], [operation.method]: described };
  }
  const error = z.object({
    error: z.object({
      code: z.enum(Object.keys(ERROR_STATUS) as [ErrorCode, ...ErrorCode[]]),
      message: z.string(),
      fields: z.record(z.string(), z.string()).optional(),
    }),
  });
  return {
    openapi: '3.1.0',
    info: { title: 'Stopgap', version: '1', license: { name: 'Apache-2.0' } },
    servers: [{ url: server }],
    paths,
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key: sg_…' } },
      schemas: { Error: jsonSchema(error) },
    },
  };
}
