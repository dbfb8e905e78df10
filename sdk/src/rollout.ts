/**
 * Where `subject` (an instance id or a request id) falls for a rule, 0 to just under 100: the same everywhere and
 * for ever, and for two rules independent. FNV-1a, 32 bits, with a final mix so that near ids lie far apart.
 */
export function rolloutBucket(ruleId: string, subject: string): number {
  let hash = 0x811c9dc5;
  const text = `${ruleId} ${subject}`;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32) * 100;
}
