import { z } from 'zod';

/** The texts of an interaction that are scanned and masked. */
export const SECRET_FIELDS = ['prompt', 'before', 'completion'] as const;
export type SecretField = (typeof SECRET_FIELDS)[number];

/** Where a secret stands: UTF-16 offsets, `end` exclusive. `rule` names the kind, never the value. */
export type SecretSpan = { field: SecretField; start: number; end: number; rule: string };

/** What asking to see the raw texts takes. */
export const revealSecretsSchema = z.strictObject({
  interactionId: z.uuid(),
  reason: z.string().trim().min(8, 'say in a few words why you need to see it').max(500),
});
export type RevealSecrets = z.infer<typeof revealSecretsSchema>;

const LABELS: Readonly<Record<string, string>> = {
  aws: 'AWS key',
  privatekey: 'private key',
  npm: 'npm token',
  basicauth: 'password in an address',
  'database-connection-string': 'database password',
  slack: 'Slack token',
  sendgrid: 'SendGrid key',
  shopify: 'Shopify token',
  stripe: 'Stripe key',
  github: 'GitHub token',
  gitlab: 'GitLab token',
  grafana: 'Grafana token',
  openai: 'OpenAI key',
  anthropic: 'Anthropic key',
  huggingface: 'Hugging Face token',
  'hashicorp-vault': 'Vault token',
  '1password': '1Password token',
  'google-api-key': 'Google API key',
  jwt: 'JSON web token',
  'password-hash': 'password hash',
  password: 'password',
  credential: 'key or token',
  google: 'Google token',
  token: 'access token',
  detector: 'secret that a detector marked',
  unscanned: 'text that could not be checked',
};

/** Plain words for a rule, as in "AWS key hidden". */
function secretLabel(rule: string): string {
  return LABELS[rule] ?? `${rule.charAt(0).toUpperCase()}${rule.slice(1)} secret`;
}

/** What is hidden in sentences, such as "AWS key, 2 × password hidden."; null when there is nothing to say. */
export function hiddenNote(secrets: readonly { rule: string }[], uncovered = 0): string | null {
  const counts = new Map<string, number>();
  for (const { rule } of secrets) counts.set(secretLabel(rule), (counts.get(secretLabel(rule)) ?? 0) + 1);
  const parts = [...counts].map(([label, count]) => (count === 1 ? label : `${count} × ${label}`));
  const sentences = [
    ...(parts.length > 0 ? [`${parts.join(', ')} hidden.`] : []),
    ...(uncovered > 0 ? ['The detector names a secret that could not be covered.'] : []),
  ];
  return sentences.length > 0 ? sentences.join(' ') : null;
}
