export type Labels = Record<string, string>;

/** "region=eu, app=ide" as labels, `{}` for nothing; null where it is not written so. */
export function labelsOf(text: string): Labels | null {
  const pairs = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => /^([^=]+)=(.*)$/.exec(part));
  if (pairs.some((pair) => pair === null || pair[1]?.trim() === '')) return null;
  return Object.fromEntries(pairs.map((pair) => [pair?.[1]?.trim() ?? '', pair?.[2]?.trim() ?? '']));
}
