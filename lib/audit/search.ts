import { readTime } from '#lib/time';

/** What the search box of the audit log asks for. */
export type EventSearch = {
  /** Every one must occur in the event's text. */
  words: string[];
  actor?: string;
  /** The number of INC-12. */
  incident?: number;
  /** `incident` or `incident.note`. */
  action?: string;
  since?: Date;
  /** Exclusive; a whole day named by `until:` is included. */
  until?: Date;
  /** What could not be understood, in words for the person who typed it. */
  problems: string[];
};

const TOKEN = /(?:(\w+):)?(?:"([^"]*)"?|(\S+))/gy;
const DAY_MS = 86_400_000;

/**
 * Reads `word "two words" actor:ana incident:12 action:incident.note since:2026-11-01 until:2026-11-02T10:00`.
 * Times without a zone are UTC. An unknown prefix is a word like any other.
 */
export function parseSearch(text: string): EventSearch {
  const search: EventSearch = { words: [], problems: [] };
  for (const match of text.trim().matchAll(/\s*((?:\w+:)?(?:"[^"]*"?|\S+))/g)) {
    const token = match[1] ?? '';
    const parts = [...token.matchAll(TOKEN)][0];
    const key = parts?.[1];
    const value = parts?.[2] ?? parts?.[3] ?? token;
    if (!key || !readKey(search, key.toLowerCase(), value)) {
      const word = key ? `${key}:${value}` : value;
      if (word.trim() !== '') search.words.push(word);
    }
  }
  return search;
}

function readKey(search: EventSearch, key: string, value: string): boolean {
  switch (key) {
    case 'actor':
      search.actor = value;
      return true;
    case 'action':
      search.action = value.toLowerCase();
      return true;
    case 'incident': {
      const number = /^(?:INC-)?([1-9]\d{0,8})$/i.exec(value)?.[1];
      if (number) search.incident = Number(number);
      else search.problems.push(`incident: takes a number such as 12 or INC-12, not “${value}”`);
      return true;
    }
    case 'since':
    case 'until': {
      const day = /^\d{4}-\d{2}-\d{2}$/.test(value);
      const time = readTime(value);
      if (time === null)
        search.problems.push(`${key}: takes a date such as 2026-11-01 or 2026-11-01T14:05, not “${value}”`);
      else search[key] = new Date(time + (key === 'until' && day ? DAY_MS : 0));
      return true;
    }
    default:
      return false;
  }
}
