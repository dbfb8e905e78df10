const FIELDS = [
  ...[
    'content',
    'text',
    'parts',
    'tool_calls',
    'refusal',
    'reasoning',
    'thinking',
    'output',
    'result',
    'input',
  ],
  ...[
    'notes',
    'arguments',
    'summary',
    'function',
    'error',
    'value',
    'message',
    'source',
    'args',
    'annotations',
  ],
  ...[
    'functionCall',
    'functionResponse',
    'executableCode',
    'toolUse',
    'custom',
    'thinking_blocks',
    'delta',
    'image',
  ],
];
const TYPES = [
  ...[
    'text',
    'tool_use',
    'tool_result',
    'refusal',
    'thinking',
    'reasoning',
    'output_text',
    'message',
    'new_kind',
  ],
  ...['function_call', 'function_call_output', 'image', 'document', 'redacted_thinking'],
];

/** A part of known and unknown fields, the same for each seed, with words of which no two are alike. */
export function randomPart(seed: number): Record<string, unknown> {
  let state = seed;
  const next = (most: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * most);
  };
  let words = 0;
  const part = (depth: number): Record<string, unknown> => {
    const type = TYPES[next(TYPES.length * 2)];
    const names = Array.from({ length: 1 + next(4) }, () => FIELDS[next(FIELDS.length)] ?? 'text');
    return { ...(type && { type }), ...Object.fromEntries(names.map((name) => [name, value(depth + 1)])) };
  };
  const value = (depth: number): unknown => {
    const kind = depth > 4 ? 0 : next(3);
    if (kind === 1) return part(depth);
    if (kind === 2) return Array.from({ length: 1 + next(3) }, () => value(depth + 1));
    words += 1;
    return `w-${seed}-${words}-`;
  };
  return part(0);
}
