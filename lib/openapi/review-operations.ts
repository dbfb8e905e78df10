import { decideBatchSchema, previewBodySchema } from '#lib/batches/schema';
import { listClustersSchema } from '#lib/clusters/schema';
import type { Operation } from './operations.ts';

/** What is like what, and one word for many. */
export const REVIEW_OPERATIONS: Operation[] = [
  {
    method: 'get',
    path: '/api/v1/clusters',
    summary: 'List clusters of near-identical interactions',
    permission: 'cluster.read',
    query: listClustersSchema,
    answer: '{ items, nextCursor }',
  },
  {
    method: 'get',
    path: '/api/v1/clusters/{ref}',
    summary: 'One cluster with its representative, its spread and how its members stand',
    permission: 'cluster.read',
    answer: 'the cluster',
  },
  {
    method: 'post',
    path: '/api/v1/batches/preview',
    summary: 'What a person must look at before one word decides many: one item of each variant, and counts',
    permission: 'review.batch',
    body: previewBodySchema,
    answer: '{ count, total, shown, unseen, variants: { items, total }, excluded, breakdown }',
  },
  {
    method: 'post',
    path: '/api/v1/batches',
    summary:
      'Decide many with one word: `shown` names the items that were looked at, and only those and what is the same but for names and blanks are decided; a count alone is refused. For a signed-in person',
    permission: 'review.batch',
    body: decideBatchSchema,
    answer:
      '{ batchId, decided, remaining, unseen }; `unseen` wait because they differ from all that was shown',
    status: 201,
  },
  {
    method: 'post',
    path: '/api/v1/batches/{id}/reverse',
    summary: 'Put back what one word decided, but for what moved on since',
    permission: 'review.batch',
    answer: '{ reversed, kept: [{ reason, count }] }',
  },
];
