/** One server-sent event, as the WHATWG HTML standard parses it. */
export interface SseEvent {
  event: string;
  data: string;
  id: string | undefined;
}

/** More than the largest snapshot with every character escaped; a longer event is no snapshot. */
const MAX_EVENT = 32 * 1024 * 1024;

/** Feeds on decoded text in any cut and calls `onEvent` for each complete event. Throws on an oversized one. */
export function createSseParser(onEvent: (event: SseEvent) => void): (chunk: string) => void {
  let pieces: string[] = [];
  let pending = 0;
  let afterReturn = false;
  let event = '';
  let id: string | undefined;
  let data: string[] = [];
  let size = 0;

  const line = (text: string) => {
    if (text === '') {
      if (data.length > 0) onEvent({ event: event || 'message', data: data.join('\n'), id });
      event = '';
      data = [];
      size = 0;
      return;
    }
    const colon = text.indexOf(':');
    if (colon === 0) return;
    const field = colon === -1 ? text : text.slice(0, colon);
    const value = colon === -1 ? '' : text.slice(colon + (text[colon + 1] === ' ' ? 2 : 1));
    if (field === 'event') event = value;
    else if (field === 'id') id = value;
    else if (field === 'data') {
      data.push(value);
      size += value.length;
    }
    if (size > MAX_EVENT) throw new Error('The feed sent an event larger than any snapshot.');
  };

  return (chunk) => {
    // A CRLF may be cut between two chunks.
    let rest = afterReturn && chunk.startsWith('\n') ? chunk.slice(1) : chunk;
    afterReturn = chunk === '' ? afterReturn : chunk.endsWith('\r');
    for (;;) {
      const end = rest.search(/[\r\n]/);
      if (end === -1) break;
      pieces.push(rest.slice(0, end));
      line(pieces.join(''));
      pieces = [];
      pending = 0;
      rest = rest.slice(rest[end] === '\r' && rest[end + 1] === '\n' ? end + 2 : end + 1);
    }
    if (rest === '') return;
    pieces.push(rest);
    pending += rest.length;
    if (pending > MAX_EVENT) throw new Error('The feed sent a line longer than any snapshot.');
  };
}
