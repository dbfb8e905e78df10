const YES = new Set([
  'true',
  'yes',
  'y',
  't',
  '1',
  'flagged',
  'unsafe',
  'filtered',
  'detected',
  'blocked',
  'block',
  'deny',
  'denied',
]);
const NO = new Set([
  'false',
  'no',
  'n',
  'f',
  '0',
  'off',
  'none',
  'safe',
  'null',
  'ok',
  'pass',
  'passed',
  'allow',
  'allowed',
]);

/** What a tool's yes or no says, however it is spelled; null where nothing is said, `unclear` for what is neither. */
export function yesOrNo(value: unknown): 'yes' | 'no' | 'unclear' | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'object') return 'unclear';
  const word = String(value).trim().toLowerCase();
  if (NO.has(word)) return 'no';
  return YES.has(word) ? 'yes' : 'unclear';
}
