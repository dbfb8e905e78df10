import { batchFilterSchema } from '#lib/reviews/schema';

/** The parts of an address that a batch may be chosen by; what is not understood is left out by itself. */
export function readBatchFilter(
  search: Record<string, string | string[] | undefined>,
): Record<string, string> {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(search)) {
    if (typeof value !== 'string' || value === '') continue;
    if (batchFilterSchema.safeParse({ [name]: value }).success) given[name] = value;
  }
  return given;
}

/** "severity high, language python" */
export function wordsOf(filter: Record<string, string>): string {
  return Object.entries(filter)
    .map(([name, value]) =>
      name === 'items' ? `${value.split(',').length} selected` : `${name} ${value.replaceAll('_', ' ')}`,
    )
    .join(', ');
}
