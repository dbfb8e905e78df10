const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** A duration in its two largest units: "4 m 12 s", "3 h 05 m", "2 d 4 h"; below a second "240 ms". */
export function clockLabel(ms: number): string {
  if (ms > 0 && ms < 1_000) return `${Math.round(ms)} ms`;
  const first = UNITS.findIndex(([, size]) => ms >= size);
  const unit = UNITS[first];
  if (!unit) return '0 s';
  const next = UNITS[first + 1];
  const whole = Math.floor(ms / unit[1]);
  if (!next) return `${whole} ${unit[0]}`;
  const rest = Math.floor((ms % unit[1]) / next[1]);
  return `${whole} ${unit[0]} ${next[0] === 'h' ? rest : String(rest).padStart(2, '0')} ${next[0]}`;
}

/** A length of time that does not run, without the part that is nothing: "1 m", "1 m 30 s", "2 d". */
export function durationLabel(ms: number): string {
  return clockLabel(ms).replace(/ 0+ \w+$/, '');
}

/** "4 m ago" for the past, "in 4 m" or "in 3 h 59 m" for what lies ahead; milliseconds from now. */
export function relativeLabel(ms: number): string {
  const size = Math.abs(ms);
  if (size < 5_000) return 'just now';
  if (ms > 3_600_000) return `in ${durationLabel(ms)}`;
  const unit = UNITS.find(([, unitMs]) => size >= unitMs) ?? ['s', 1_000];
  const label = `${Math.floor(size / unit[1])} ${unit[0]}`;
  return ms < 0 ? `${label} ago` : `in ${label}`;
}

/** "in 12 m" for what lies ahead, "due now", "overdue 7 m" once it is past; milliseconds from now. */
export function deadlineLabel(ms: number): string {
  const label = relativeLabel(ms);
  if (label === 'just now') return 'due now';
  return ms < 0 ? `overdue ${label.replace(' ago', '')}` : label;
}

/** "in 24 s" for what lies ahead, "any moment" when it is due, "any moment, due 24 s ago" when that is past. */
export function dueLabel(ms: number): string {
  if (ms >= 1_000) return `in ${clockLabel(ms)}`;
  return ms > -2_000 ? 'any moment' : `any moment, due ${clockLabel(-ms)} ago`;
}

/** A moment to the minute: "2026-11-23 03:00 UTC". */
export function minuteLabel(at: Date | string): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Milliseconds of a date or of a time to the minute or finer; without a zone UTC. Null for what is none, also 30 February. */
export function readTime(value: string): number | null {
  const parts = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:\d{2})?)?$/i.exec(
    value,
  );
  if (!parts) return null;
  const time = Date.parse(`${parts[1]}T${parts[2] ?? '00:00'}${parts[3]?.toUpperCase() ?? 'Z'}`);
  if (Number.isNaN(time)) return null;
  // Date.parse takes 30 February for 2 March.
  const day = Number(parts[1]?.slice(8));
  return new Date(Date.parse(`${parts[1]}T00:00Z`)).getUTCDate() === day ? time : null;
}
