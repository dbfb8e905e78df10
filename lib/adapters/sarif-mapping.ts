import type { Category, Severity } from '#lib/interactions/schema';

/** Raise it with every change below: made interactions and events name the table they came from. */
export const MAPPING_VERSION = 'sarif/2';

/** CWEs whose category is not insecure code. Names: the CWE list, cwe.mitre.org. */
export const CATEGORY_BY_CWE: Record<string, Category> = {
  'CWE-259': 'secret', // Use of Hard-coded Password
  'CWE-321': 'secret', // Use of Hard-coded Cryptographic Key
  'CWE-540': 'secret', // Inclusion of Sensitive Information in Source Code
  'CWE-798': 'secret', // Use of Hard-coded Credentials
  'CWE-506': 'malware', // Embedded Malicious Code
  'CWE-507': 'malware', // Trojan Horse
  'CWE-509': 'malware', // Replicating Malicious Code
  'CWE-510': 'malware', // Trapdoor
  'CWE-511': 'malware', // Logic/Time Bomb
  'CWE-512': 'malware', // Spyware
  'CWE-1357': 'malicious_package', // Reliance on Insufficiently Trustworthy Component
  'CWE-1427': 'prompt_injection', // Improper Neutralization of Input Used for LLM Prompting
};

/** Words between the separators of a rule's id that name the category, for rules without a telling CWE. */
export const CATEGORY_BY_RULE_WORD: Record<string, Category> = {
  secret: 'secret',
  secrets: 'secret',
  malware: 'malware',
  backdoor: 'malware',
  'malicious-package': 'malicious_package',
  typosquatting: 'malicious_package',
  'prompt-injection': 'prompt_injection',
};

export const CATEGORY_OTHERWISE: Category = 'insecure_code';

/**
 * `security-severity`, a decimal number from 0.1 to 10.0, read as GitHub's code scanning does (docs.github.com, "SARIF
 * support for code scanning"): from 9.0 critical, 7.0 high, 4.0 medium, below low. Anything else is no score.
 */
export const SEVERITY_BY_SCORE: readonly [from: number, severity: Severity][] = [
  [9, 'critical'],
  [7, 'high'],
  [4, 'medium'],
  [0.1, 'low'],
];
export const MAX_SCORE = 10;

/**
 * gosec writes no score, and its levels put MEDIUM and HIGH both at `error`; the rule's tags keep the difference
 * (github.com/securego/gosec, report/sarif/formatter.go).
 */
export const SEVERITY_BY_GOSEC_TAG: Record<string, Severity> = { HIGH: 'high', MEDIUM: 'medium', LOW: 'low' };

/** `level` of the result, of its rule where the result has none, and `warning` where neither has (SARIF 2.1.0, 3.27.10). */
export const SEVERITY_BY_LEVEL: Record<string, Severity> = {
  error: 'high',
  warning: 'medium',
  note: 'low',
  none: 'low',
  // Not in the standard, but written.
  critical: 'critical',
  high: 'high',
  medium: 'medium',
  low: 'low',
};

/** `kind` of a result that says nothing is wrong (SARIF 2.1.0, 3.27.9); `fail`, `open` and `review` are findings. */
export const CLEAN_KINDS: readonly string[] = ['pass', 'notApplicable', 'informational'];

/** What a language is called by the end of its file's name, where the report names none. */
export const LANGUAGE_BY_ENDING: Record<string, string> = {
  c: 'c',
  cc: 'cpp',
  cpp: 'cpp',
  cs: 'csharp',
  go: 'go',
  h: 'c',
  hpp: 'cpp',
  java: 'java',
  js: 'javascript',
  jsx: 'javascript',
  kt: 'kotlin',
  mjs: 'javascript',
  php: 'php',
  py: 'python',
  rb: 'ruby',
  rs: 'rust',
  scala: 'scala',
  sh: 'bash',
  sql: 'sql',
  swift: 'swift',
  tf: 'terraform',
  ts: 'typescript',
  tsx: 'typescript',
  yaml: 'yaml',
  yml: 'yaml',
};
