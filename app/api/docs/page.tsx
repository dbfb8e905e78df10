import type { Metadata } from 'next';
import { ERROR_STATUS } from '#lib/errors';
import { openApiDocument, scopesOf } from '#lib/openapi/document';
import { OPERATIONS } from '#lib/openapi/operations';
import classes from './docs.module.css';

export const metadata: Metadata = { title: 'API' };

type Described = {
  requestBody?: { content: { 'application/json': { schema: object } } };
  parameters: { name: string; in: string }[];
};

export default function ApiDocsPage() {
  const { paths } = openApiDocument('') as { paths: Record<string, Record<string, Described>> };
  return (
    <main className={classes.page}>
      <h1>Stopgap API</h1>
      <p>
        Send an API key as <code>Authorization: Bearer sg_…</code>. Times are ISO 8601 in UTC; lists answer{' '}
        <code>{'{ items, nextCursor }'}</code> and take <code>?cursor=</code> and <code>&limit=</code>. The
        machine-readable form is <a href="/api/v1/openapi.json">openapi.json</a>.
      </p>
      <p>
        Errors are <code>{'{ "error": { "code", "message", "fields"? } }'}</code>:{' '}
        {Object.entries(ERROR_STATUS)
          .map(([code, status]) => `${code} ${status}`)
          .join(', ')}
        .
      </p>
      {OPERATIONS.map((operation) => {
        const described = paths[operation.path]?.[operation.method];
        const query =
          described?.parameters.filter((each) => each.in === 'query').map((each) => each.name) ?? [];
        const id = `${operation.method}-${operation.path.replace(/[^\w]+/g, '-')}`;
        return (
          <section key={id} id={id} className={classes.operation}>
            <h2>
              <a href={`#${id}`}>
                <span className={classes.method}>{operation.method.toUpperCase()}</span> {operation.path}
              </a>
            </h2>
            <p>{operation.summary}.</p>
            <p className="quiet">
              Scope: {scopesOf(operation)}. Answers {operation.answer}.
              {query.length > 0 && ` Query: ${query.join(', ')}.`}
            </p>
            {described?.requestBody && (
              <details>
                <summary>Body</summary>
                <pre className={classes.schema}>
                  {JSON.stringify(described.requestBody.content['application/json'].schema, null, 2)}
                </pre>
              </details>
            )}
          </section>
        );
      })}
    </main>
  );
}
