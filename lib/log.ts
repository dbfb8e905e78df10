type Level = 'debug' | 'info' | 'warn' | 'error';

/** One JSON line per happening on standard error. Never pass secrets, prompts or completions. */
export function log(level: Level, message: string, fields: Record<string, unknown> = {}): void {
  process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), level, message, ...fields })}\n`);
}

/** What of an unknown error may be logged. */
export function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: String(error) };
  return { error: error.message, stack: error.stack };
}
