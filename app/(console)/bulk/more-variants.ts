import type { BatchPreview } from '#lib/batches/queries';
import { MAX_VARIANTS, VARIANTS_STEP, variantsSchema } from '#lib/batches/schema';

type Search = Record<string, string | string[] | undefined>;

/** How many variants an address asks for. */
export function readVariants({ variants }: Search): number {
  return variantsSchema.catch(VARIANTS_STEP).parse(variants);
}

/** The same address with more variants; null when all are listed or no more fit. */
export function moreVariants(path: string, search: Search, { variants }: BatchPreview): string | null {
  const listed = variants.items.length;
  if (listed >= Math.min(variants.total, MAX_VARIANTS)) return null;
  const rest = Object.entries(search).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' && name !== 'variants' ? [[name, value]] : [],
  );
  const asked = Math.min(listed + 2 * VARIANTS_STEP, MAX_VARIANTS);
  return `${path}?${new URLSearchParams([...rest, ['variants', String(asked)]])}`;
}
