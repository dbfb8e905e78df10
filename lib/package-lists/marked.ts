import { bareOf, readItem } from './item.ts';
import { isRefused, type Read } from './list.ts';
import { versionsIn } from './version-words.ts';

const LINK = /^!?\[(?<label>[^\]]+)\]\((?<address>[^)\s]*)[^)]*\)(?<rest>.*)$/;
const CODE = /^(?:\*\*)?`(?<code>[^`]+)`(?:\*\*)?(?<rest>.*)$/;

/** A name in Markdown's code or link, perhaps with versions or a description behind it. */
export function readMarked(text: string): Read | null {
  const bare = text.trim();
  const code = CODE.exec(bare)?.groups;
  const link = code ? undefined : LINK.exec(bare)?.groups;
  if (!code && !link) return null;
  const label = code?.code ?? link?.label ?? '';
  const rest = (code?.rest ?? link?.rest ?? '').trim();
  const named = readItem(label);
  const read = isRefused(named) && link?.address ? readItem(link.address) : named;
  if (isRefused(read) || rest === '') return read;
  const behind = bareOf(rest.replace(/^[:–—,@-]+\s*/, '').replaceAll('`', ''));
  const versions = versionsIn(behind.replace(/^versions?\s*/i, ''));
  if (versions !== undefined) return { ...read, versions };
  if (/^(?:[,;]|and\b)/.test(rest) && rest.includes('`')) return null;
  // What follows a dash describes the package; a version in it would be lost without a word.
  return /\d\.\d/.test(rest) ? { why: 'names versions in a sentence; write them as name@version' } : read;
}

/** One entry as Markdown may write it. */
export const readEntry = (text: string): Read => readMarked(text) ?? readItem(text);
