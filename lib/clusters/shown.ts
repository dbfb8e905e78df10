import { mask } from '#lib/secrets/mask';

type Span = { field: string; start: number; end: number };

/** A text as people may see it without asking: secrets covered, at the same length. */
export function shownText(text: string, secrets: readonly Span[], field: 'prompt' | 'before' | 'completion') {
  return mask(
    text,
    secrets.filter((secret) => secret.field === field),
  );
}
