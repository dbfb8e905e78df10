import type { Adapted } from '#lib/adapters/adapted';

/** What adapters never copy, by the names of fields: the remainder that docs/adapters.md lists. */
const REMAINDER = new Set([
  // Ids, and what things are called.
  ...[
    'id',
    'call_id',
    'tool_call_id',
    'tool_use_id',
    'toolUseId',
    'item_id',
    'response_id',
    'responseId',
    'request_id',
  ],
  ...[
    'trace_id',
    'custom_id',
    'key',
    'previous_response_id',
    'object',
    'model',
    'modelVersion',
    'ai_model',
    'model_group',
  ],
  ...['system_fingerprint', 'provider', 'service_tier', 'name', 'guid', 'correlationGuid', 'call_type'],
  // Kinds, states, reasons of ending, forms.
  ...[
    'type',
    'role',
    'status',
    'phase',
    'finish_reason',
    'native_finish_reason',
    'stop_reason',
    'stopReason',
    'finishReason',
  ],
  ...[
    'stop_sequence',
    'format',
    'mime_type',
    'mimeType',
    'media_type',
    'detail',
    'obfuscation',
    'effort',
    'caller',
  ],
  // Times, use, settings.
  ...[
    'created',
    'created_at',
    'createTime',
    'startTime',
    'endTime',
    'usage',
    'usageMetadata',
    'logprobs',
    'timings',
  ],
  ...[
    'truncation',
    'tools',
    'tool_choice',
    'instructions',
    'metadata',
    'user',
    'safety_identifier',
    'cache_control',
  ],
  // What is encrypted, and signatures.
  ...['signature', 'thoughtSignature', 'thought_signature', 'encrypted_content', 'redactedContent'],
]);
/** Bytes, for which a mark stands. */
const BYTES = new Set(['data', 'bytes', 'file_data', 'b64_json']);

/** The texts of a document that an adapter has neither kept, nor put into a finding, nor marked as not shown. */
export function lostTexts(document: unknown, adapted: Adapted): string[] {
  const kept = JSON.stringify([adapted.items, [...adapted.rows.values()], adapted.failures]);
  const isMarked = /: not shown\]/.test(kept);
  const lost: string[] = [];
  const look = (value: unknown, name: string): void => {
    if (REMAINDER.has(name)) return;
    if (typeof value === 'string') {
      if (value.trim() === '' || (isMarked && (BYTES.has(name) || value.startsWith('data:')))) return;
      // JSON in a text is escaped once more.
      const spelled = [value, JSON.stringify(value).slice(1, -1)].map((text) =>
        JSON.stringify(text).slice(1, -1),
      );
      if (!spelled.some((text) => kept.includes(text))) lost.push(`${name}: ${value}`);
    } else if (Array.isArray(value)) for (const each of value) look(each, name);
    else if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) look(inner, key);
  };
  look(document, '');
  return lost;
}
