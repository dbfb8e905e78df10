import { Prisma } from '#lib/db';
import type { QueueFilters } from '#lib/reviews/schema';
import type { Searched } from './search.ts';

/**
 * Filters of the queue as conditions on `queue_item AS item`, each beginning with AND. `stage` is left out: a claim
 * and a list treat it differently. What a search found comes from `searched`.
 */
export function matching(filters: Omit<QueueFilters, 'stage' | 'q'> & Pick<Searched, 'found'>): Prisma.Sql {
  const parts = [Prisma.empty];
  if (filters.found) {
    const { ids, detectors } = filters.found;
    const byDetector = Prisma.sql`OR EXISTS (SELECT 1 FROM finding
      WHERE finding.interaction_id = item.interaction_id AND finding.detector = ANY(${detectors}::text[]))`;
    parts.push(Prisma.sql`AND (item.interaction_id = ANY(${ids}::uuid[])
      ${detectors.length > 0 ? byDetector : Prisma.empty})`);
  }
  if (filters.queue) {
    parts.push(Prisma.sql`AND item.queue_id = (SELECT id FROM queue WHERE key = ${filters.queue})`);
  }
  if (filters.severity) parts.push(Prisma.sql`AND item.severity = ${filters.severity}`);
  if (filters.category) parts.push(Prisma.sql`AND item.category = ${filters.category}`);
  if (filters.language) parts.push(Prisma.sql`AND item.language = ${filters.language}`);
  if (filters.cluster) {
    parts.push(Prisma.sql`AND item.interaction_id IN (SELECT member.interaction_id FROM cluster_member AS member
      WHERE member.cluster_id = (SELECT id FROM cluster WHERE number = ${Number(filters.cluster.slice(2))}::int))`);
  }
  if (filters.detector) {
    parts.push(Prisma.sql`AND EXISTS (SELECT 1 FROM finding
      WHERE finding.interaction_id = item.interaction_id AND finding.detector = ${filters.detector})`);
  }
  return Prisma.join(parts, ' ');
}
