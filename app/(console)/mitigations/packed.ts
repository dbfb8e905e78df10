/**
 * React's own format refuses an array of many thousands, such as a list of packages, on the way to the server; as one
 * text it is taken.
 */
export function packed(input: unknown): string {
  return JSON.stringify(input);
}

/** What was packed. Anything else is given back as it is, for the schema behind to refuse. */
export function unpacked(input: unknown): unknown {
  if (typeof input !== 'string') return input;
  try {
    return JSON.parse(input);
  } catch {
    return input;
  }
}
