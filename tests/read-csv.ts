/** An independent RFC 4180 reader: quotes, doubled quotes, line breaks inside cells. */
export function readCsv(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let cell = '';
  let inside = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (inside) {
      if (char === '"' && text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else if (char === '"') inside = false;
      else cell += char;
    } else if (char === '"') inside = true;
    else if (char === ',' || char === '\n') {
      record.push(char === '\n' ? cell.replace(/\r$/, '') : cell);
      cell = '';
      if (char === '\n') {
        records.push(record);
        record = [];
      }
    } else cell += char;
  }
  return records;
}
