/** Why a text cannot be kept: Postgres has no NUL, and RFC 8785, the form of events, has no unpaired surrogates. */
export const STORABLE = 'must not hold a NUL character or an unpaired surrogate';

/** Whether a text that people type can be stored as it is. */
export function storable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000');
}
