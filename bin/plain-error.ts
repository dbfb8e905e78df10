/** An error whose message is one plain line for the terminal; nothing else is printed. */
export class PlainError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.name = 'PlainError';
    this.exitCode = exitCode;
  }
}

/** A failure of the system in the reader's words, where we know it. */
export function plainMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (/ENOSPC|No space left on device/.test(message))
    return 'The disk is full. Free some space and start again.';
  const denied = /(?:EACCES|EPERM)[^']*'([^']+)'/.exec(message);
  if (denied)
    return `No permission to use ${denied[1]}. Set STOPGAP_DATA_DIR to a folder this user may write.`;
  const readOnly = /EROFS[^']*'([^']+)'/.exec(message);
  if (readOnly) return `${readOnly[1]} is on a read-only disk. Set STOPGAP_DATA_DIR to a folder elsewhere.`;
  return message.replace(/\s*\n\s*/g, ' ').trim();
}
