import type { Category, Severity } from '#lib/interactions/schema';

/** Raise it with every change below; rows of all gateways and services carry it. */
export const MAPPING_VERSION = 'guardrails/3';

/**
 * What a guardrail looks for, by words in what its gateway calls it: LiteLLM's `guardrail_provider`, `guardrail_name`
 * and `violation_categories`, Portkey's check ids such as `default.detectPII`. The first row that matches counts.
 * Names: docs.litellm.ai, "Guardrails", and github.com/Portkey-AI/gateway, plugins/.
 */
const CATEGORY_BY_WORD: readonly [words: RegExp, category: Category][] = [
  [/malicious.?package|typosquat/i, 'malicious_package'],
  [/malware|malicious.?code|ransomware|phishing|malicious.?ur[il]/i, 'malware'],
  [/jail.?break/i, 'jailbreak'],
  [/inject|prompt.?attack|lakera|promptguard|prompt.?shield/i, 'prompt_injection'],
  [/secret|credential|api.?key/i, 'secret'],
  [/\bpii|pii\b|detectpii|presidio|privacy|phi\b|personal|sensitive.?data|dlp|leak/i, 'data_leak'],
  [/insecure|vulnerab|codeql|semgrep/i, 'insecure_code'],
  [/exploit|code.?interpreter/i, 'exploit'],
];

/** Gateways name no severity of their own; theirs is a yes or a no. */
const SEVERITY_BY_CATEGORY: Record<Category, Severity> = {
  malware: 'critical',
  malicious_package: 'critical',
  exploit: 'critical',
  prompt_injection: 'high',
  jailbreak: 'high',
  secret: 'high',
  data_leak: 'medium',
  insecure_code: 'medium',
  other: 'medium',
};

/**
 * LiteLLM's `guardrail_status` (litellm/types/utils.py) where nothing was wrong, and where the guardrail did not answer.
 * Any other word is a finding, also one that nobody knows yet: a needless review costs less than a missed block.
 */
export const PASSED_STATUSES: readonly string[] = ['success', 'passed', 'pass', 'ok', 'allowed'];
export const SILENT_STATUSES: readonly string[] = [
  '',
  'guardrail_failed_to_respond',
  'not_run',
  'skipped',
  'error',
  'timeout',
];

/** Our category and severity for what a gateway calls a check, by its most telling name first. */
export function guardrailMeaning(names: readonly string[]): { category: Category; severity: Severity } {
  for (const name of names) {
    const found = CATEGORY_BY_WORD.find(([words]) => words.test(name))?.[1];
    if (found) return { category: found, severity: SEVERITY_BY_CATEGORY[found] };
  }
  return { category: 'other', severity: SEVERITY_BY_CATEGORY.other };
}
