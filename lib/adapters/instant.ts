/** ISO 8601 and what databases and loggers write like it. */
const WRITTEN =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,20})?)?) ?(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?$/i;

/**
 * An instant from a written time, or from a number since 1970: seconds, or by its size a smaller unit. A time without a
 * zone is UTC, whatever the zone of this machine. Null when it is neither, or not between 1970 and 2100.
 */
export function instant(value: unknown): string | null {
  const text = typeof value === 'string' ? value.trim().slice(0, 100) : '';
  const isNumber = typeof value === 'number' || /^\d{6,19}(\.\d{1,20})?$/.test(text);
  const at = isNumber ? new Date(milliseconds(Number(value))) : writtenTime(text);
  const isPlausible = at !== null && at.getTime() >= 0 && at.getUTCFullYear() < 2100;
  return isPlausible ? at.toISOString() : null;
}

function milliseconds(number: number): number {
  if (number < 1e11) return number * 1_000;
  return number < 1e14 ? number : number < 1e17 ? number / 1_000 : number / 1_000_000;
}

function writtenTime(text: string): Date | null {
  const [, day, time = '00:00', zone = 'Z'] = WRITTEN.exec(text) ?? [];
  if (day === undefined) {
    // Such as RFC 2822; without a zone it would be read in this machine's.
    const hasZone = /(Z|UTC|GMT|[+-]\d{2}:?\d{2})(\s*\([^)]*\))?$/i.test(text);
    return /\d{4}/.test(text) ? new Date(hasZone ? text : `${text} UTC`) : null;
  }
  const offset = /^[a-z]/i.test(zone)
    ? 'Z'
    : zone.replace(/^([+-]\d{2}):?(\d{2})?$/, (_, hours, minutes) => `${hours}:${minutes ?? '00'}`);
  return new Date(`${day}T${time.replace(',', '.')}${offset}`);
}
